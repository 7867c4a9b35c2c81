#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include <multiconn/multi_connection.hpp>
#include <multiconn/status.hpp>

#include "client/balancer_desk.hpp"
#include "client/dead_peer.hpp"
#include "client/engine.hpp"
#include "client/peer.hpp"
#include "client/setup.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// What a ServerGroup tells, beside what its peers do; on the strand.
class ServerGroupEvents : public PeerEvents {
 public:
  /// One more server, which is about to be connected to.
  virtual void added(Peer& peer) = 0;
  /// It has been asked to close, and is none of the servers any more. The Peer is gone soon.
  virtual void removed(Peer& peer) = 0;
  /// A server that was removed is closed, and has no figures any more.
  virtual void left() = 0;
  virtual void setupAnswered(SetupOutcome outcome, std::string sentence) = 0;
  /// ConnectOptions::credentials.
  virtual std::optional<Credentials> credentials(ServerId server, const std::string& host) = 0;
};

/// All servers of one MultiConnection: connecting to them at once, the one answer to that, those that come
/// and go later, and closing them.
class ServerGroup final : PeerHost {
 public:
  ServerGroup(Runtime::Engine& engine, net::Scheduler& scheduler, const ConnectOptions& options,
              ServerGroupEvents& events);

  /// Makes the peers; connect() then starts them. Between the two, what is to be pipelined is told them.
  void prepare(std::vector<Target> targets);
  void connect(rtmp::TimePoint called_at);
  bool prepared() const { return setup_.has_value(); }
  /// After connect(). One that repeats a server that is there has failed. Their ids count from `first` on.
  void add(std::vector<Target> targets, ServerId first);
  /// Not from inside a Peer's event. Ignored when there is none of this id.
  void remove(ServerId id);
  /// Ascending by id; without those that were removed.
  const std::vector<std::unique_ptr<Peer>>& peers() const { return peers_; }
  /// Null when there is none of this id.
  Peer* find(ServerId id) const;

  /// Closes every peer; `closed` is called once all are, 240 ms from now at the latest. Any number of times.
  void close(std::function<void()> closed);
  bool closing() const { return closing_; }
  bool allGone() const;
  /// Bits that nobody can foretell.
  std::uint32_t random() override { return engine_.random(); }
  void tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience);
  /// Of those, too, that were removed and are not closed yet.
  std::vector<ServerStats> stats(rtmp::TimePoint now) const;
  /// Ends everything at once.
  void clear();

 private:
  /// A server that was removed, and closes.
  struct Leaving {
    std::unique_ptr<Peer> peer;
    net::Timer deadline;
  };

  net::Scheduler& scheduler() override { return scheduler_; }
  std::unique_ptr<net::Link> makeLink(const net::LinkTarget& target) override;
  std::string nonce() override;
  std::optional<Credentials> credentials(ServerId server, const std::string& host) override {
    return events_.credentials(server, host);
  }
  void lookUp(Peer& peer, std::chrono::milliseconds patience) override;
  void located(Peer& peer) override { setup_->located(peer.id(), peer.url()); }
  void answered(Peer& peer) override;
  void attemptFailed(Peer& peer, const std::string& why) override { setup_->waiting(peer.id(), why); }
  void ended(Peer& peer) override;

  Peer& make(ServerId id, Target target);
  bool repeats(const Target& target) const;
  void forgetLeft();
  void asOne(const std::function<void()>& task);
  void answerIfCertain();
  void answerSetup();
  void finishClosing();
  void abortClosing();
  std::chrono::milliseconds elapsed() const;

  Runtime::Engine& engine_;
  net::Scheduler& scheduler_;
  const ConnectOptions& options_;
  ServerGroupEvents& events_;
  std::optional<Setup> setup_;
  bool setup_answered_ = false;
  bool holding_answer_ = false;
  bool closing_ = false;
  RecentRoundTrip round_trip_;  // of those that publish
  std::vector<std::function<void()>> closed_;
  rtmp::TimePoint called_at_{};
  net::Timer setup_timer_, close_timer_, leave_timer_;
  std::vector<std::unique_ptr<Peer>> peers_;
  std::vector<std::unique_ptr<Leaving>> leaving_;
  BalancerDesk desk_;
};

}  // namespace multiconn::client
