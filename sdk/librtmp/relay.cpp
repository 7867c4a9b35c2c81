#include "librtmp/relay.hpp"

#include <array>
#include <utility>

namespace multiconn::librtmp {
namespace {

// Of one task, so that a peer that never pauses leaves room for the others.
constexpr int rounds_per_task = 8;

/// One direction.
struct Lane {
  net::Transport& from;
  net::Transport& to;
  std::size_t begin = 0, end = 0;  // of the bytes held
  std::uint64_t read = 0, written = 0, discarded = 0;
  bool discarding = false;
  unsigned waits = 0;  // a wait counts only while it is the last one
  std::unique_ptr<std::array<std::byte, 64 * 1024>> buffer =
      std::make_unique<std::array<std::byte, 64 * 1024>>();
};

}  // namespace

class Relay::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(net::Scheduler& scheduler, std::unique_ptr<net::Transport> server,
       std::unique_ptr<net::Transport> local, RelayEvents& events)
      : scheduler_(scheduler),
        server_(std::move(server)),
        local_(std::move(local)),
        events_(&events),
        inbound_{*server_, *local_},
        outbound_{*local_, *server_} {}

  void start() {
    later(inbound_);
    later(outbound_);
  }
  void close() {
    events_ = nullptr;
    server_->close();
    local_->close();
  }
  void discardOutput() {
    outbound_.discarding = true;
    later(outbound_);
  }

  const net::Transport& server() const { return *server_; }
  const Lane& inbound() const { return inbound_; }
  const Lane& outbound() const { return outbound_; }
  std::optional<net::TimePoint> lastReceived() const { return last_received_; }

 private:
  void move(Lane& lane);
  bool fill(Lane& lane);
  bool empty(Lane& lane);
  bool received(const Lane& lane);
  void ended(Lane& lane, std::error_code code);
  std::function<void()> again(Lane& lane);
  void later(Lane& lane) { scheduler_.post(again(lane)); }

  net::Scheduler& scheduler_;
  std::unique_ptr<net::Transport> server_, local_;
  RelayEvents* events_;  // null once closed
  Lane inbound_, outbound_;
  std::optional<net::TimePoint> last_received_;
};

void Relay::Impl::move(Lane& lane) {
  for (int round = 0; round < rounds_per_task; ++round) {
    if (!empty(lane) || !fill(lane)) return;
  }
  later(lane);
}

/// False: there is nothing to move, now or any more.
bool Relay::Impl::fill(Lane& lane) {
  const net::IoResult result = lane.from.read(*lane.buffer);
  lane.begin = 0;
  lane.end = result.bytes;
  lane.read += result.bytes;
  if (result.bytes > 0) return received(lane);
  if (result.error || result.ended) {
    ended(lane, result.error);
  } else {
    lane.from.waitReadable(again(lane));
  }
  return false;
}

/// False: the destination is full.
bool Relay::Impl::empty(Lane& lane) {
  while (lane.begin < lane.end && !lane.discarding) {
    const rtmp::BytesView rest = rtmp::BytesView(*lane.buffer).subspan(lane.begin, lane.end - lane.begin);
    const net::IoResult result = lane.to.write({&rest, 1});
    lane.begin += result.bytes;
    lane.written += result.bytes;
    // The other lane will tell why; what comes on this one has nowhere to go.
    lane.discarding = static_cast<bool>(result.error);
    if (result.would_block && lane.begin < lane.end) {
      lane.to.waitWritable(again(lane));
      return false;
    }
  }
  lane.discarded += lane.end - lane.begin;
  lane.begin = lane.end = 0;
  return true;
}

/// False: closed over it.
bool Relay::Impl::received(const Lane& lane) {
  if (&lane != &inbound_) return true;
  if (!last_received_) events_->firstByte(std::to_integer<std::uint8_t>(lane.buffer->front()));
  last_received_ = scheduler_.now();
  return events_ != nullptr;
}

void Relay::Impl::ended(Lane& lane, std::error_code code) {
  lane.to.shutdownWrite();
  if (&lane == &inbound_) events_->serverEnded(code);
}

std::function<void()> Relay::Impl::again(Lane& lane) {
  return [weak = weak_from_this(), &lane, number = ++lane.waits] {
    const auto self = weak.lock();
    if (self && self->events_ && lane.waits == number) self->move(lane);
  };
}

// --- The handle

Relay::Relay(net::Scheduler& scheduler, std::unique_ptr<net::Transport> server,
             std::unique_ptr<net::Transport> local, RelayEvents& events)
    : impl_(std::make_shared<Impl>(scheduler, std::move(server), std::move(local), events)) {
  impl_->start();
}

Relay::~Relay() {
  impl_->close();
}

void Relay::discardOutput() {
  impl_->discardOutput();
}
std::uint64_t Relay::bytesSent() const {
  return impl_->outbound().written;
}
std::uint64_t Relay::bytesReceived() const {
  return impl_->inbound().read;
}
std::size_t Relay::unsent() const {
  const auto& lane = impl_->outbound();
  return static_cast<std::size_t>(lane.end - lane.begin + lane.discarded);
}
std::optional<net::TimePoint> Relay::lastReceived() const {
  return impl_->lastReceived();
}
const net::Transport& Relay::server() const {
  return impl_->server();
}

}  // namespace multiconn::librtmp
