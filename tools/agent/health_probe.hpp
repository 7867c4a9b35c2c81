#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/asio_scheduler.hpp"
#include "net/name_lookup.hpp"
#include "net/readiness.hpp"
#include "net/socket.hpp"
#include "rtmp/handshake.hpp"

namespace multiconn::agent {

struct HealthProbeOptions {
  std::string host;
  std::uint16_t port = 1935;
  std::chrono::milliseconds period{1000};   ///< from the end of one look to the next
  std::chrono::milliseconds timeout{1000};  ///< for one look: name, connection and handshake
};

struct HealthProbeEvents {
  // See AgentMonitor.
  std::function<void(std::uint16_t local_port)> probing;
  std::function<void(std::uint16_t local_port, bool taken)> probed;
  std::function<void(bool answers, const std::string& why)> verdict;
};

/// Looks again and again whether an RTMP server completes a handshake (RTMP 1.0 5.2), which one that hangs
/// does not, though its kernel still takes connections. One strand.
class HealthProbe {
 public:
  HealthProbe(net::AsioScheduler& scheduler, HealthProbeOptions options, HealthProbeEvents events);
  HealthProbe(const HealthProbe&) = delete;
  HealthProbe& operator=(const HealthProbe&) = delete;

 private:
  void look();
  void found(net::LookupResult result);
  void connectToNext(const std::string& why);
  int beginConnect(const net::Address& address);
  void connected();
  void receive();
  void transmit(const rtmp::Bytes& bytes);
  void settle(bool taken);
  void finish(bool answers, const std::string& why);
  std::string place() const;

  net::AsioScheduler& scheduler_;
  HealthProbeOptions options_;
  HealthProbeEvents events_;
  std::vector<net::Address> addresses_;
  std::size_t next_address_ = 0;
  std::uint16_t local_port_ = 0;  // of a connection that is being made; 0: none
  std::optional<net::NameLookup> lookup_;
  std::optional<net::Readiness> socket_;
  std::optional<rtmp::Handshake> handshake_;
  net::Timer timer_;  // the deadline of one look, or when the next begins
};

}  // namespace multiconn::agent
