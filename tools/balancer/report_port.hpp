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
  /// Of the kernel's memory, for reports that wait: 5000 edges that report at the same moment.
  static constexpr int wanted_room = 4 * 1024 * 1024;
  /// `room`: in bytes. Throws std::system_error with address and port in its sentence.
  ReportPort(net::AsioScheduler& scheduler, const net::Address& address, Receive receive,
             int room = wanted_room);
  ~ReportPort();
  ReportPort(const ReportPort&) = delete;
  ReportPort& operator=(const ReportPort&) = delete;

  net::Address address() const;
  /// One sentence when the kernel gave less room than was asked for; "" otherwise.
  const std::string& complaint() const;
  /// Datagrams that the kernel dropped since there was no room for them.
  std::uint64_t dropped() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::balancer
