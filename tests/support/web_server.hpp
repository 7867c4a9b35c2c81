#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/asio_scheduler.hpp"
#include "net/tls_context.hpp"

namespace multiconn::net::test {

/// A web server on 127.0.0.1 that says what it is told to, byte for byte, and closes.
class WebServer {
 public:
  /// Of a request's target; nothing: silence.
  using Script = std::function<std::optional<std::string>(const std::string& target)>;

  explicit WebServer(AsioScheduler& scheduler, Script script,
                     std::shared_ptr<const TlsContext> tls = nullptr);
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  std::uint16_t port() const;
  /// "http://127.0.0.1:PORT" and this.
  std::string url(const std::string& target = "/loadbalancer") const;
  /// A byte of the answer every so often, and not all at once.
  void trickle(std::chrono::milliseconds pace);
  /// Everything said to it, head by head.
  const std::vector<std::string>& requests() const;
  /// Clients that have not gone away.
  std::size_t present() const;

 private:
  struct Visitor;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An answer with its length.
std::string webAnswer(unsigned status, const std::string& body, const std::string& fields = "");

}  // namespace multiconn::net::test
