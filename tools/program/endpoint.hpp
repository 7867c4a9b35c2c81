#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiconn::tools {

/// Where to listen, or whom to reach: "ADDR:PORT", "[::1]:1935", ":1935", "1935" or "*:1935".
struct Endpoint {
  std::string host;  ///< IPv6 without brackets; empty: every address
  std::uint16_t port = 0;
};

/// Throws std::invalid_argument with one sentence.
Endpoint parseEndpoint(std::string_view text, std::optional<std::uint16_t> default_port = {});

/// One to listen on, whose host is numeric where there is one. Throws std::runtime_error with one sentence,
/// which begins with `option`.
Endpoint parseListener(const std::string& option, std::string_view text);

}  // namespace multiconn::tools
