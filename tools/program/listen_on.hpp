#pragma once

#include <string>
#include <system_error>

namespace multiconn::tools {

/// Calls `listen` with the numeric address to listen on, and returns that address. An empty host means every
/// address: "::", which takes IPv4 too, and 0.0.0.0 on a machine without IPv6. Throws what `listen` throws.
template <typename Listen>
std::string listenOn(const std::string& host, Listen listen) {
  const std::string first = host.empty() ? "::" : host, second = "0.0.0.0";
  try {
    listen(first);
    return first;
  } catch (const std::system_error& error) {
    if (!host.empty() || error.code() != std::errc::address_family_not_supported) throw;
  }
  listen(second);
  return second;
}

}  // namespace multiconn::tools
