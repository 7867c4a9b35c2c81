#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "balance/types.hpp"
#include "balancer/door.hpp"
#include "balancer/http_request.hpp"

namespace multiconn::net {
class AsioScheduler;
}

namespace multiconn::balancer {

class ReadySet;

struct HttpLimits {
  /// Beyond, the connection whose last answer lies back longest is closed.
  std::size_t max_connections = 16384;
  std::size_t max_per_network = 4096;
  std::size_t head_bytes = 8 * 1024;
  /// For a whole request, from its first byte; and for a client to take an answer.
  std::chrono::milliseconds request_timeout{10000};
  std::chrono::milliseconds idle_timeout{30000};
};

/// The side of the client port that speaks HTTP/1.1: keep-alive, pipelining, several answers in one write.
/// Idle connections have no buffers.
class HttpDoor final : public Door {
 public:
  using Answer = std::function<void(const HttpRequestView& request, const std::string& client,
                                    balance::TimePoint now, HttpReply& reply)>;
  HttpDoor(net::AsioScheduler& scheduler, ReadySet& ready, HttpLimits limits, Answer answer);
  ~HttpDoor() override;
  HttpDoor(const HttpDoor&) = delete;
  HttpDoor& operator=(const HttpDoor&) = delete;

  void take(net::Socket socket, const net::Address& peer) override;
  std::size_t connections() const override;
  std::uint64_t crowded() const;  ///< closed because there were too many
  std::uint64_t requests() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::balancer
