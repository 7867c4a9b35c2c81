#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/multi_connection.hpp>

namespace CLI {
class App;
}

namespace publish {

/// The options about servers that are lost, and what is done about it.
class FailureArguments {
 public:
  void describe(CLI::App& app);

  // All throw std::invalid_argument with one sentence, free of secrets.

  void apply(multiconn::ConnectOptions& options) const;
  /// The destinations to publish to: these, those of --resume-live, and `balanced` last.
  std::vector<multiconn::Destination> primaries(const std::vector<std::string>& named,
                                                const std::optional<multiconn::Destination>& balanced) const;
  /// Those of --standby, none of which may be one of `primaries`.
  std::vector<multiconn::Destination> spares(const std::vector<multiconn::Destination>& primaries) const;

 private:
  multiconn::ReconnectOptions reconnect() const;

  bool no_reconnect_ = false;
  std::optional<std::uint32_t> attempts_;
  std::string give_up_, dead_after_, resume_, resume_age_, resume_bytes_;
  std::vector<std::string> resume_live_, standby_;
};

}  // namespace publish
