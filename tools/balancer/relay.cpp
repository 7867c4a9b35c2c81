#include "balancer/relay.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace multiconn::balancer {
namespace {

// So that one client that never pauses leaves room for the others.
constexpr int reads_per_task = 4;

/// One for all relays of a thread; nothing stays in it from one task to the next.
std::span<std::byte> readBuffer() {
  static thread_local const auto buffer = std::make_unique<std::array<std::byte, 128 * 1024>>();
  return *buffer;
}

}  // namespace

Relay::Relay(net::Scheduler& scheduler, Side client, Side edge, balance::ConnectRewriter rewriter,
             const RelayTimeouts& timeouts, RelayCounts& total, std::function<void()> ended)
    : scheduler_(scheduler),
      client_(std::move(client.transport)),
      edge_(std::move(edge.transport)),
      rewriter_(std::move(rewriter)),
      timeouts_(timeouts),
      ended_(std::move(ended)),
      to_edge_{*client_, *edge_, std::move(edge.pending), total.to_edges, true},
      to_client_{*edge_, *client_, std::move(client.pending), total.to_clients, false} {
  start_ = scheduler_.after(net::Duration::zero(), [this] {
    move(to_edge_);
    move(to_client_);
  });
  watch();
}

Relay::~Relay() = default;

void Relay::move(Way& way) {
  if (!ended_ || way.ended) return;
  if (!way.pending.empty() && !write(way, {})) return;
  for (int i = 0; i < reads_per_task; ++i) {
    const net::IoResult result = way.from.read(readBuffer());
    if (result.bytes > 0 && !write(way, readBuffer().first(result.bytes))) return;
    if (result.error) {
      finishSoon();
      return endWay(way);
    }
    if (result.ended) return endWay(way);
    if (result.would_block) break;
  }
  way.from.waitReadable([this, &way] { move(way); });
}

/// What is pending, and `bytes` behind it. False when something is left, or the way has ended: move() is not
/// to go on.
bool Relay::write(Way& way, rtmp::BytesView bytes) {
  if (way.discards) return true;
  rtmp::Bytes rewritten;
  if (way.rewrites && !rewriter_.transparent() && !bytes.empty()) {
    if (rewriter_.pass(bytes, rewritten) != rtmp::Error::none) {
      end();
      return false;
    }
    bytes = rewritten;
  }
  const std::array<rtmp::BytesView, 2> slices{way.unwritten(), bytes};
  const net::IoResult result = way.to.write(slices);
  way.total += result.bytes;
  moved_ = moved_ || result.bytes > 0;
  if (result.error) {
    discard(way);
    return true;
  }
  keep(way, bytes, result.bytes);
  if (way.pending.empty()) return true;
  way.to.waitWritable([this, &way] { move(way); });
  return false;
}

void Relay::keep(Way& way, rtmp::BytesView bytes, std::size_t taken) {
  const std::size_t of_pending = std::min(taken, way.unwritten().size());
  way.written += of_pending;
  bytes = bytes.subspan(taken - of_pending);
  if (way.unwritten().empty()) {
    way.pending = rtmp::Bytes(bytes.begin(), bytes.end());
    way.written = 0;
  } else {
    way.pending.insert(way.pending.end(), bytes.begin(), bytes.end());
  }
}

void Relay::endWay(Way& way) {
  way.ended = true;
  way.to.shutdownWrite();
  if (to_edge_.ended && to_client_.ended) end();
}

// A server that refuses says why, and then closes in the middle of what the client goes on sending. Its last
// words are still to be carried; unread bytes would turn the client's end into a reset, which takes them
// away.
void Relay::discard(Way& way) {
  way.discards = true;
  way.pending = {};
  way.written = 0;
  finishSoon();
}

void Relay::finishSoon() {
  last_words_ = scheduler_.after(timeouts_.last_words, [this] { end(); });
}

void Relay::watch() {
  watch_ = scheduler_.after(timeouts_.stalled, [this] {
    unmoved_ = std::exchange(moved_, false) ? std::chrono::milliseconds(0) : unmoved_ + timeouts_.stalled;
    const bool stalled =
        to_edge_.ended || to_client_.ended || !to_edge_.pending.empty() || !to_client_.pending.empty();
    if (unmoved_ >= (stalled ? timeouts_.stalled : timeouts_.idle)) return end();
    watch();
  });
}

void Relay::end() {
  if (const auto ended = std::exchange(ended_, nullptr)) {
    client_->close();
    edge_->close();
    ended();
  }
}

}  // namespace multiconn::balancer
