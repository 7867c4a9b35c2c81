#pragma once

#include <string>
#include <thread>
#include <variant>

#include "agent/http/waiting.hpp"
#include "agent/waiting.hpp"
#include "balance/sealed_datagram.hpp"

namespace multiconn::test {

/// A balancer as an agent sees it: a UDP port where datagrams are opened with the key.
class BalancerSocket {
 public:
  explicit BalancerSocket(const std::string& key);
  ~BalancerSocket();
  std::uint16_t port() const;
  /// "127.0.0.1,PORT,KEY\n"
  std::string targetLine() const;

  Inbox<balance::OpenedReport> reports;
  Inbox<balance::RefusedReport> refused;

 private:
  void receive();

  std::string key_;
  net::Socket socket_;
  tools::Interrupt end_;
  std::thread thread_;
};

}  // namespace multiconn::test
