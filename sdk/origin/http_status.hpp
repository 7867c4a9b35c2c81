#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "origin/listening.hpp"

namespace multiconn::http {
class HttpServer;
}

namespace multiconn::origin {

struct StatusReport;

/// The status page at "/" and the JSON document at "/status.json".
class HttpStatus {
 public:
  /// Listens. Throws std::runtime_error with one sentence when it cannot. `names`: hosts that may be asked
  /// for besides IP addresses and localhost. `report` is asked on the strand. `log`: gets one sentence when a
  /// request could not be answered.
  HttpStatus(net::AsioScheduler& scheduler, Listening listening, std::vector<std::string> names,
             std::function<StatusReport()> report, std::function<void(const std::string&)> log);
  ~HttpStatus();
  HttpStatus(const HttpStatus&) = delete;
  HttpStatus& operator=(const HttpStatus&) = delete;

  std::uint16_t port() const { return port_; }
  /// "127.0.0.1:8080"
  const std::string& address() const { return address_; }
  void start();
  void stop();

 private:
  net::AsioScheduler& scheduler_;
  std::function<StatusReport()> report_;
  std::function<void(const std::string&)> log_;
  std::vector<std::string> names_;
  std::unique_ptr<net::Listener> listener_;  // until it starts
  std::string address_;
  std::uint16_t port_;
  std::unique_ptr<http::HttpServer> server_;
};

}  // namespace multiconn::origin
