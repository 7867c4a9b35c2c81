#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "http/http_server.hpp"
#include "net/asio_scheduler.hpp"

namespace multiconn::test {

/// A scheduler on a thread of its own.
class LocalThread {
 public:
  LocalThread();
  ~LocalThread();
  net::AsioScheduler& scheduler();
  /// Runs it there, and waits for that.
  void run(std::function<void()> task);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An HTTP server on loopback.
class LocalWeb {
 public:
  explicit LocalWeb(http::HttpServer::Handler handler);
  ~LocalWeb();
  std::uint16_t port() const { return port_; }
  std::string url(const std::string& target = "") const {
    return "http://127.0.0.1:" + std::to_string(port_) + target;
  }

 private:
  LocalThread thread_;
  std::unique_ptr<http::HttpServer> server_;
  std::uint16_t port_ = 0;
};

}  // namespace multiconn::test
