#include "program/endpoint.hpp"

#include <charconv>
#include <stdexcept>

#include "net/socket.hpp"

namespace multiconn::tools {
namespace {

[[noreturn]] void refuse(std::string_view text) {
  throw std::invalid_argument('"' + std::string(text) +
                              "\" is not ADDRESS:PORT, [IPV6]:PORT or PORT, with a port from 0 to 65535");
}

std::optional<std::uint16_t> portOf(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return port;
}

std::string hostOf(std::string_view text) {
  return text == "*" ? std::string() : std::string(text);
}

}  // namespace

Endpoint parseEndpoint(std::string_view text, std::optional<std::uint16_t> default_port) {
  std::string_view host = text, port;
  bool has_port = false;
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    if (close == std::string_view::npos) refuse(text);
    host = text.substr(1, close - 1);
    port = text.substr(close + 1);
    has_port = port.starts_with(':');
    if (!port.empty() && !has_port) refuse(text);
    port = has_port ? port.substr(1) : port;
  } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
    if (text.find(':') != colon) refuse(text);
    host = text.substr(0, colon);
    port = text.substr(colon + 1);
    has_port = true;
  } else if (const auto alone = portOf(text)) {
    return {{}, *alone};
  }
  if (!has_port && !default_port) refuse(text);
  const auto number = has_port ? portOf(port) : default_port;
  if (!number) refuse(text);
  return {hostOf(host), *number};
}

Endpoint parseListener(const std::string& option, std::string_view text) {
  try {
    Endpoint result = parseEndpoint(text);
    if (!result.host.empty() && !net::Address::numeric(result.host, 0))
      throw std::invalid_argument('"' + result.host + "\" is not a numeric address");
    return result;
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(option + ": " + error.what());
  }
}

}  // namespace multiconn::tools
