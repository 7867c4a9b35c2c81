#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "net/asio_scheduler.hpp"
#include "net/socket.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::balancer {

/// A UDP socket where reports arrive. It never answers.
class ReportPort {
 public:
  /// `sender`: numeric, without port. Datagrams that are too long for a report come cut to 2048 bytes.
  using Receive = std::function<void(rtmp::BytesView datagram, const std::string& sender)>;
  /// Throws std::system_error with address and port in its sentence.
  ReportPort(net::AsioScheduler& scheduler, const net::Address& address, Receive receive);
  ~ReportPort();
  ReportPort(const ReportPort&) = delete;
  ReportPort& operator=(const ReportPort&) = delete;

  net::Address address() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::balancer
