#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "process.hpp"

namespace multiconn::bench {

enum class LoadKind : std::uint8_t {
  keep_alive,       ///< HTTP requests on connections that stay
  new_connections,  ///< a connection for each HTTP request
  rtmp_redirects,   ///< a connection for each: handshake, connect, the refusal with its redirect
};

struct LoadOptions {
  std::uint16_t port = 0;
  LoadKind kind = LoadKind::keep_alive;
  std::string path = "/";
  std::size_t connections = 64;
  std::chrono::milliseconds duration{2000};
  /// Between two rounds, with the answers so far.
  std::function<void(std::uint64_t)> tick;
};

struct LoadResult {
  std::uint64_t answers = 0;
  std::uint64_t failures = 0;  ///< connections that ended without the answer
  double seconds = 0;
  double server_cpu = 0, generator_cpu = 0;  ///< seconds of user and system time
  double p50_us = 0, p99_us = 0;             ///< from request, or connection, to the whole answer
  std::string sample;                        ///< one answer
};

/// A closed loop: each of the connections asks again as soon as it is answered. One thread, epoll, an answer
/// is told by its length alone once the first has been read, so that this costs less than any server.
LoadResult runLoad(const LoadOptions& options, const Process& server);

}  // namespace multiconn::bench
