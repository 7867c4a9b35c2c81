#include <algorithm>
#include <array>
#include <utility>

#include "net/error.hpp"
#include "net/message_pump_impl.hpp"

namespace multiconn::net {
namespace {

// Reads of one task, so that a peer that never pauses leaves room for the others.
constexpr int reads_per_task = 8;

/// One for all connections of a thread: an idle one holds none. Nothing keeps it beyond
/// Connection::receive().
std::span<std::byte> readBuffer() {
  static thread_local const auto buffer = std::make_unique<std::array<std::byte, 64 * 1024>>();
  return *buffer;
}

}  // namespace

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

/// The peer's last words may lie unread in the socket (an _error, then the close that broke our write): they
/// are delivered before the end is told.
void MessagePump::Impl::readLast() {
  const IoResult last = transport_->read(readBuffer());
  bytes_received_ += last.bytes;
  if (last.bytes == 0) return;
  receiveParts(readBuffer().first(last.bytes));
  deliver();
}

PeerState MessagePump::Impl::state() const {
  return {connection_.open(), outgoing_.unwritten(), first_byte_};
}

}  // namespace multiconn::net
