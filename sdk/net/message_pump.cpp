#include "net/message_pump.hpp"

#include <algorithm>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"
#include "net/outgoing.hpp"
#include "net/random.hpp"

namespace multiconn::net {
namespace {

constexpr std::size_t cork_limit = 64 * 1024;
// A corked message up to this size is copied to its neighbours; a larger one goes out from where it lies.
constexpr std::size_t gather_limit = 16 * 1024;
// C0/S0 and two packets, in every form of the handshake.
constexpr std::size_t handshake_size = 1 + 2 * rtmp::handshake_packet_size;
// Reads of one task, so that a peer that never pauses leaves room for the others.
constexpr int reads_per_task = 8;
constexpr std::chrono::milliseconds close_deadline{200};

/// One for all connections of a thread: an idle one holds none. Nothing keeps it beyond
/// Connection::receive().
std::span<std::byte> readBuffer() {
  static thread_local const auto buffer = std::make_unique<std::array<std::byte, 64 * 1024>>();
  return *buffer;
}

/// One for all connections of a thread too, so that it stays in the cache: only what a socket does not take
/// at once has to be kept with the connection.
rtmp::ComposedMessage& composedMessage() {
  static thread_local rtmp::ComposedMessage message;
  return message;
}

std::uint32_t milliseconds(TimePoint time) {
  return static_cast<std::uint32_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count());
}

}  // namespace

class MessagePump::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(Scheduler& scheduler, std::unique_ptr<Transport> transport, rtmp::Handshake::Role role,
       const rtmp::Limits& limits, PumpEvents& events)
      : scheduler_(scheduler),
        transport_(std::move(transport)),
        peer_(role == rtmp::Handshake::Role::client ? "the server" : "the client"),
        connection_(role, limits, randomHandshakePackets(), milliseconds(scheduler.now())),
        events_(&events) {}

  void start();
  void cork() { corked_ = true; }
  void uncork();
  bool trySend(const rtmp::OutMessage& message);
  rtmp::Connection& connection() { return connection_; }
  void flush();
  void close(CloseMode mode);
  void forget();
  LinkStats stats() const;
  std::uint64_t taken() const { return bytes_sent_ + outgoing_.unwritten(); }

 private:
  // running: messages flow. closing: what was taken is written, then the peer's end awaited. ended: closed()
  // is told, or about to be.
  enum class Phase : std::uint8_t { idle, running, closing, ended };

  void readSome();
  void readLater();
  bool receive(std::span<const std::byte> bytes);
  rtmp::Error receiveParts(std::span<const std::byte> bytes);
  void deliver();
  void readEnded();
  PeerState state() const;

  void writeThrough(rtmp::ComposedMessage& message);
  bool blocked() const { return waiting_writable_ || outgoing_.messageInFlight(); }
  void write();
  void wrote(const IoResult& result);
  void waitWritable();
  void becameWritable();
  void drained();
  void writeFailed(std::error_code code);
  void deadlinePassed();
  void end(LinkFailure failure);
  void shut();
  template <typename Task>
  void post(Task task);

  // First what every message meets: with very many connections, what they cost is cache misses.
  Scheduler& scheduler_;
  std::unique_ptr<Transport> transport_;
  Phase phase_ = Phase::idle;
  bool corked_ = false;
  bool waiting_writable_ = false;
  bool refused_ = false;  // trySend() returned false: writable() is owed
  bool write_failed_ = false;
  bool write_shut_ = false;
  std::uint64_t bytes_sent_ = 0;
  Outgoing outgoing_;
  std::string peer_;
  rtmp::Connection connection_;
  PumpEvents* events_;  // null once forgotten

  std::size_t handshake_left_ = handshake_size;
  bool opened_ = false;
  std::uint8_t first_byte_ = 0;
  std::vector<rtmp::Message> received_;
  std::uint64_t bytes_received_ = 0;

  TransportFigures last_figures_;  // once ended
  Timer deadline_;
};

// --- The handle

MessagePump::MessagePump(Scheduler& scheduler, std::unique_ptr<Transport> transport,
                         rtmp::Handshake::Role role, const rtmp::Limits& limits, PumpEvents& events)
    : impl_(std::make_shared<Impl>(scheduler, std::move(transport), role, limits, events)) {}

MessagePump::~MessagePump() {
  impl_->forget();
}

void MessagePump::start() {
  impl_->start();
}
void MessagePump::cork() {
  impl_->cork();
}
void MessagePump::uncork() {
  impl_->uncork();
}
bool MessagePump::trySend(const rtmp::OutMessage& message) {
  return impl_->trySend(message);
}
rtmp::Connection& MessagePump::connection() {
  return impl_->connection();
}
void MessagePump::flush() {
  impl_->flush();
}
void MessagePump::close(CloseMode mode) {
  impl_->close(mode);
}
LinkStats MessagePump::stats() const {
  return impl_->stats();
}
std::uint64_t MessagePump::taken() const {
  return impl_->taken();
}

// --- Reading

void MessagePump::Impl::start() {
  if (phase_ != Phase::idle) return;
  phase_ = Phase::running;
  write();
  // Not a wait: TLS may have read the peer's first bytes together with the end of its own handshake.
  readLater();
}

void MessagePump::Impl::readLater() {
  post([](Impl& self) { self.readSome(); });
}

void MessagePump::Impl::readSome() {
  for (int i = 0; i < reads_per_task; ++i) {
    if (phase_ != Phase::running && phase_ != Phase::closing) return;
    const std::span<std::byte> buffer = readBuffer();
    const IoResult result = transport_->read(buffer);
    bytes_received_ += result.bytes;
    if (result.bytes > 0 && phase_ == Phase::running && !receive(buffer.first(result.bytes))) return;
    if (phase_ == Phase::ended) return;
    if (result.error) return end(peerFailed(result.error, peer_, state()));
    if (result.ended) return readEnded();
    if (result.would_block) {
      return transport_->waitReadable([weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->readSome();
      });
    }
  }
  readLater();
}

/// False when the connection has ended over these bytes.
bool MessagePump::Impl::receive(std::span<const std::byte> bytes) {
  const rtmp::Error error = receiveParts(bytes);
  deliver();
  if (phase_ == Phase::running && error != rtmp::Error::none) end(peerFailed(error, peer_, state()));
  flush();
  return phase_ != Phase::ended;
}

/// The handshake's bytes by themselves, so that a client's C2 is written before anything else is composed.
rtmp::Error MessagePump::Impl::receiveParts(std::span<const std::byte> bytes) {
  if (handshake_left_ > 0) {
    if (handshake_left_ == handshake_size) first_byte_ = std::to_integer<std::uint8_t>(bytes.front());
    const auto part = bytes.first(std::min(bytes.size(), handshake_left_));
    const rtmp::Error error = connection_.receive(part, scheduler_.now(), received_);
    if (error != rtmp::Error::none) return error;
    handshake_left_ -= part.size();
    write();
    bytes = bytes.subspan(part.size());
  }
  if (bytes.empty()) return rtmp::Error::none;
  return connection_.receive(bytes, scheduler_.now(), received_);
}

void MessagePump::Impl::deliver() {
  if (!opened_ && connection_.open() && events_) {
    opened_ = true;
    events_->opened();
  }
  // The owner may close or forget the pump from inside any of these.
  std::vector<rtmp::Message> batch;
  batch.swap(received_);
  for (rtmp::Message& message : batch) {
    if (phase_ != Phase::running || !events_) return;
    events_->message(std::move(message));
  }
  batch.clear();
  if (received_.empty()) batch.swap(received_);
}

void MessagePump::Impl::readEnded() {
  if (phase_ == Phase::closing) {
    if (outgoing_.unwritten() == 0) return end({});
    return end(
        makeFailure(Error::closed_by_peer, peer_ + " closed the connection before it had taken everything"));
  }
  end(peerEnded(peer_, state()));
}

PeerState MessagePump::Impl::state() const {
  return {connection_.open(), outgoing_.unwritten(), first_byte_};
}

// --- Writing

bool MessagePump::Impl::trySend(const rtmp::OutMessage& message) {
  if (phase_ != Phase::running || write_failed_) return false;
  if (blocked() || outgoing_.gathered() > cork_limit) {
    refused_ = true;
    return false;
  }
  outgoing_.takeControl(connection_.pendingOutput());
  rtmp::ComposedMessage& composed = composedMessage();
  connection_.compose(message, composed);
  if (corked_ && composed.size() <= gather_limit) {
    outgoing_.gather(composed);
  } else if (corked_ || outgoing_.unwritten() > 0) {
    outgoing_.start(composed);
    if (!corked_) write();
  } else {
    writeThrough(composed);
  }
  composed.clear();
  return true;
}

void MessagePump::Impl::writeThrough(rtmp::ComposedMessage& message) {
  const IoResult result = transport_->write(message.slices());
  bytes_sent_ += result.bytes;
  if (result.bytes < message.size()) outgoing_.start(message, result.bytes);
  wrote(result);
  write();
}

void MessagePump::Impl::uncork() {
  corked_ = false;
  flush();
}

void MessagePump::Impl::flush() {
  if (phase_ == Phase::idle || phase_ == Phase::ended || corked_ || waiting_writable_) return;
  write();
  if (refused_ && !blocked()) post([](Impl& self) { self.drained(); });
}

/// Control messages stand between messages, never inside one: chunks of different streams may interleave, but
/// a change of chunk size must not reach into a message that was cut before it.
void MessagePump::Impl::write() {
  while (!waiting_writable_ && !write_failed_) {
    if (!outgoing_.messageInFlight()) outgoing_.takeControl(connection_.pendingOutput());
    if (outgoing_.unwritten() == 0) return;
    std::array<rtmp::BytesView, 128> slices;
    const std::size_t count = outgoing_.collect(slices);
    const IoResult result = transport_->write(std::span(slices).first(count));
    bytes_sent_ += result.bytes;
    outgoing_.consume(result.bytes);
    wrote(result);
  }
}

void MessagePump::Impl::wrote(const IoResult& result) {
  if (result.error) return writeFailed(result.error);
  if (result.would_block && outgoing_.unwritten() > 0) waitWritable();
}

void MessagePump::Impl::waitWritable() {
  waiting_writable_ = true;
  transport_->waitWritable([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->becameWritable();
  });
}

void MessagePump::Impl::becameWritable() {
  waiting_writable_ = false;
  write();
  drained();
}

/// What has to happen once everything is written; from a task of the pump's own.
void MessagePump::Impl::drained() {
  if (blocked() || write_failed_) return;
  if (phase_ == Phase::closing && !std::exchange(write_shut_, true)) transport_->shutdownWrite();
  if (phase_ == Phase::running && events_ && std::exchange(refused_, false)) events_->writable();
}

/// The peer's last words may lie unread in the socket (an _error, then the close that broke our write): they
/// are delivered first.
void MessagePump::Impl::writeFailed(std::error_code code) {
  if (std::exchange(write_failed_, true)) return;
  post([code](Impl& self) {
    if (self.phase_ == Phase::running) {
      const IoResult last = self.transport_->read(readBuffer());
      self.bytes_received_ += last.bytes;
      if (last.bytes > 0) {
        self.receiveParts(readBuffer().first(last.bytes));
        self.deliver();
      }
    }
    self.end(peerFailed(code, self.peer_, self.state()));
  });
}

// --- Ending

void MessagePump::Impl::close(CloseMode mode) {
  if (phase_ == Phase::ended) return;
  if (mode == CloseMode::abort || phase_ == Phase::idle || !connection_.open() || write_failed_) {
    shut();
    post([](Impl& self) {
      if (PumpEvents* events = std::exchange(self.events_, nullptr)) events->closed({});
    });
    return;
  }
  if (phase_ == Phase::closing) return;
  phase_ = Phase::closing;
  corked_ = false;
  flush();
  post([](Impl& self) { self.drained(); });
  deadline_ = scheduler_.after(close_deadline, [this] { deadlinePassed(); });
}

void MessagePump::Impl::deadlinePassed() {
  if (outgoing_.unwritten() == 0) return end({});
  end(makeFailure(
      std::make_error_code(std::errc::timed_out),
      peer_ + " did not take the last " + std::to_string(outgoing_.unwritten()) + " bytes in time"));
}

/// From tasks of the pump's own only: it tells.
void MessagePump::Impl::end(LinkFailure failure) {
  if (phase_ == Phase::ended) return;
  shut();
  if (PumpEvents* events = std::exchange(events_, nullptr)) events->closed(std::move(failure));
}

void MessagePump::Impl::forget() {
  events_ = nullptr;
  shut();
}

void MessagePump::Impl::shut() {
  if (phase_ == Phase::ended) return;
  phase_ = Phase::ended;
  last_figures_ = transport_->figures();
  deadline_.cancel();
  transport_->close();
}

LinkStats MessagePump::Impl::stats() const {
  LinkStats stats;
  stats.bytes_sent = bytes_sent_;
  stats.bytes_received = bytes_received_;
  stats.unsent = outgoing_.unwritten();
  stats.last_read = connection_.lastReceived();
  const TransportFigures figures = phase_ == Phase::ended ? last_figures_ : transport_->figures();
  stats.unacknowledged = figures.unacknowledged;
  stats.rtt = figures.rtt;
  stats.last_heard = figures.last_heard;
  stats.delivery_rate = figures.delivery_rate;
  stats.delivery_limited_by_us = figures.delivery_limited_by_us;
  return stats;
}

template <typename Task>
void MessagePump::Impl::post(Task task) {
  scheduler_.post([weak = weak_from_this(), task] {
    if (const auto self = weak.lock()) task(*self);
  });
}

}  // namespace multiconn::net
