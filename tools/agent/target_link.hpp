#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/agent.hpp>

#include "balance/sealed_datagram.hpp"
#include "balance/target_file.hpp"
#include "net/asio_scheduler.hpp"
#include "net/name_lookup.hpp"
#include "net/socket.hpp"

namespace multiconn::agent {

/// The way to one balancer. Its name is looked up again each minute, and when a datagram could not be sent;
/// of several addresses it keeps to one until that refuses. One strand.
class TargetLink {
 public:
  using Log = std::function<void(AgentLogLevel, const std::string&)>;
  TargetLink(net::AsioScheduler& scheduler, balance::Target target, const balance::Guid& guid,
             const balance::Boot& boot, Log log);
  TargetLink(const TargetLink&) = delete;
  TargetLink& operator=(const TargetLink&) = delete;

  /// Seals and sends; while the address is not known it keeps the newest report.
  void send(rtmp::BytesView report, std::uint64_t seq);
  const balance::Target& target() const { return target_; }
  AgentTargetStatus status() const;

 private:
  void lookUp();
  void found(net::LookupResult result);
  bool open(const net::Address& address);
  bool openAny();
  void transmit();
  void failed(const std::string& why);
  std::string place() const;

  net::AsioScheduler& scheduler_;
  balance::Target target_;
  balance::Sealer sealer_;
  Log log_;
  std::optional<net::NameLookup> lookup_;
  net::TimePoint not_before_{};  // the next question about the name
  std::vector<net::Address> addresses_;
  std::size_t address_ = 0;  // into addresses_
  net::Socket socket_;       // connected, so that refusals are told
  rtmp::Bytes waiting_;      // a datagram that is still to be sent
  std::string trouble_;
  std::uint64_t reports_ = 0, failures_ = 0;
  net::Timer again_;
};

}  // namespace multiconn::agent
