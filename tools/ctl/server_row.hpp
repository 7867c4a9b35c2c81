#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace multiconn::ctl {

/// One edge, as a balancer's GET /servers or an agent's GET /status tells it; texts are free of control
/// characters. What is not told is empty.
struct ServerRow {
  std::string id;
  std::string status;    ///< RUNNING, PAUSED, ...
  std::string redirect;  ///< HOST, or HOST:PORT
  std::optional<std::uint64_t> connections, capacity;
  std::optional<double> load;  ///< 0 to 1, or more
  std::optional<std::uint64_t> redirects, age_ms;
};

// These throw std::runtime_error with one sentence when it is no such answer.
/// {"servers":[{...}, ...]}
std::vector<ServerRow> parseServers(std::string_view json);
/// {...}
ServerRow parseStatus(std::string_view json);

/// Aligned columns below a line of headings, each line cut to `width` columns; 0: not cut.
std::string table(const std::vector<ServerRow>& rows, std::size_t width);

}  // namespace multiconn::ctl
