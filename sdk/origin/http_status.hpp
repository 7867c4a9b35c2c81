#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace multiconn::net {
class AsioScheduler;
}

namespace multiconn::origin {

struct StatusReport;

/// The status page at "/" and the JSON document at "/status.json".
class HttpStatus {
 public:
  /// Listens. Throws std::runtime_error with one sentence when it cannot. `report` is asked on the strand.
  HttpStatus(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
             std::function<StatusReport()> report);
  ~HttpStatus();
  HttpStatus(const HttpStatus&) = delete;
  HttpStatus& operator=(const HttpStatus&) = delete;

  std::uint16_t port() const;
  void start();
  void stop();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::origin
