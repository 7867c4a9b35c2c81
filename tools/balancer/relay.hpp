#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>

#include "balance/connect_rewriter.hpp"
#include "balancer/relay_counts.hpp"
#include "net/scheduler.hpp"
#include "net/transport.hpp"

namespace multiconn::balancer {

struct RelayTimeouts {
  /// Without a byte in either direction, while one side has ended or does not take what waits for it.
  std::chrono::milliseconds stalled{90'000};
  /// Without a byte in either direction. Peers that vanished are found by the kernel long before.
  std::chrono::milliseconds idle{600'000};
  /// For what is still on its way, once one side has failed.
  std::chrono::milliseconds last_words{5'000};
};

/// Carries bytes between a client and an edge, both ways, until both have ended; each end is passed on by
/// itself. Holds what one read gave and the other side did not take, and reads no more until it is gone.
class Relay {
 public:
  struct Side {
    std::unique_ptr<net::Transport> transport;
    rtmp::Bytes pending;  ///< to be written to it before anything else
  };
  /// `total` is counted up. `ended` is called once; the Relay is to be destroyed from a later task.
  Relay(net::Scheduler& scheduler, Side client, Side edge, balance::ConnectRewriter rewriter,
        const RelayTimeouts& timeouts, RelayCounts& total, std::function<void()> ended);
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;

 private:
  struct Way {
    net::Transport& from;
    net::Transport& to;
    rtmp::Bytes pending;
    std::uint64_t& total;
    bool rewrites;
    std::size_t written = 0;  // of pending
    bool discards = false;    // `to` is gone
    bool ended = false;       // `from` has

    rtmp::BytesView unwritten() const { return rtmp::BytesView(pending).subspan(written); }
  };

  void move(Way& way);
  bool write(Way& way, rtmp::BytesView bytes);
  static void keep(Way& way, rtmp::BytesView bytes, std::size_t taken);
  void endWay(Way& way);
  void discard(Way& way);
  void finishSoon();
  void watch();
  void end();

  net::Scheduler& scheduler_;
  std::unique_ptr<net::Transport> client_, edge_;
  balance::ConnectRewriter rewriter_;
  const RelayTimeouts timeouts_;
  std::function<void()> ended_;
  bool moved_ = false;  // since the watch last looked
  std::chrono::milliseconds unmoved_{0};
  Way to_edge_, to_client_;
  net::Timer watch_, start_, last_words_;
};

}  // namespace multiconn::balancer
