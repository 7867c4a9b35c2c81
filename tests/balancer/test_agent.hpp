#pragma once

#include <string>

#include "balance/reports.hpp"
#include "net/socket.hpp"

namespace multiconn::balancer::test {

/// An agent with an IPv4 socket of its own: real datagrams with the time of day.
class TestAgent {
 public:
  /// Edge `number`, which sends its clients to 10.0.0.`number`.
  explicit TestAgent(unsigned number, const std::string& key = balance::test::key_text,
                     std::uint64_t boot_counter = 1);

  /// Seals a report; what `report` holds may be changed before.
  rtmp::Bytes seal();
  void sendTo(const net::Address& port, rtmp::BytesView datagram) const;
  /// Whether anything has come back to where it sends from.
  bool wasAnswered() const;
  void reportTo(const net::Address& port) { sendTo(port, seal()); }

  balance::LoadReport report;

 private:
  net::Socket socket_;
  balance::Sealer sealer_;
  std::uint64_t seq_ = 0;
};

}  // namespace multiconn::balancer::test
