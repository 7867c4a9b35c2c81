#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "client/balancer_lookup.hpp"
#include "client/engine.hpp"
#include "client/peer.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// Finds servers for the peers of one MultiConnection: those that ask one question in one task are answered
/// together, each with another server, and with none that another peer is at.
class BalancerDesk {
 public:
  using Peers = std::vector<std::unique_ptr<Peer>>;

  /// Runs the task, and answers setup only then.
  using AsOne = std::function<void(const std::function<void()>& task)>;

  BalancerDesk(Runtime::Engine& engine, net::Scheduler& scheduler, const Peers& peers, AsOne as_one)
      : engine_(engine), scheduler_(scheduler), peers_(peers), as_one_(std::move(as_one)) {}

  /// Peer::found() or Peer::notFound() follows, `patience` after `called_at` at the latest.
  void ask(Peer& peer, rtmp::TimePoint called_at, std::chrono::milliseconds patience);
  /// It wants no answer any more.
  void forget(Peer& peer);
  /// Why there is no answer yet; empty: it is not asked for this peer.
  std::string standing(const Peer& peer) const;
  void clear() { inquiries_.clear(); }

 private:
  struct Inquiry {
    std::shared_ptr<const BalancerQuestion> question;
    std::vector<Peer*> peers;
    rtmp::TimePoint called_at{};
    std::chrono::milliseconds patience{};
    net::Timer start;  // armed until it is asked
    std::unique_ptr<BalancerLookup> lookup;
  };

  void start(Inquiry& inquiry);
  bool isFree(const Inquiry& inquiry, const FoundServer& server) const;
  void answered(Inquiry& inquiry, const BalancerReply& reply);
  void tell(const Inquiry& inquiry, const BalancerReply& reply) const;

  Runtime::Engine& engine_;
  net::Scheduler& scheduler_;
  const Peers& peers_;
  const AsOne as_one_;
  std::vector<std::unique_ptr<Inquiry>> inquiries_;
};

}  // namespace multiconn::client
