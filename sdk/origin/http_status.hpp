#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace multiconn::net {
class AsioScheduler;
class Listener;
}  // namespace multiconn::net
namespace multiconn::http {
class HttpServer;
}

namespace multiconn::origin {

struct StatusReport;

/// The status page at "/" and the JSON document at "/status.json".
class HttpStatus {
 public:
  /// Listens. Throws std::runtime_error with one sentence when it cannot. `report` is asked on the strand.
  /// `log`: gets one sentence when a request could not be answered.
  HttpStatus(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
             std::function<StatusReport()> report, std::function<void(const std::string&)> log);
  ~HttpStatus();
  HttpStatus(const HttpStatus&) = delete;
  HttpStatus& operator=(const HttpStatus&) = delete;

  std::uint16_t port() const { return port_; }
  void start();
  void stop();

 private:
  net::AsioScheduler& scheduler_;
  std::function<StatusReport()> report_;
  std::function<void(const std::string&)> log_;
  std::unique_ptr<net::Listener> listener_;  // until it starts
  std::uint16_t port_;
  std::unique_ptr<http::HttpServer> server_;
};

}  // namespace multiconn::origin
