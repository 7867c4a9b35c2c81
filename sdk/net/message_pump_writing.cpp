#include <array>
#include <utility>

#include "net/message_pump_impl.hpp"

namespace multiconn::net {
namespace {

// What is corked is written once it is so much.
constexpr std::size_t cork_limit = 64 * 1024;

/// One for all connections of a thread, so that it stays in the cache: only what a socket does not take
/// at once has to be kept with the connection.
rtmp::ComposedMessage& composedMessage() {
  static thread_local rtmp::ComposedMessage message;
  return message;
}

}  // namespace

void MessagePump::cork() {
  impl_->cork();
}
void MessagePump::uncork() {
  impl_->uncork();
}
bool MessagePump::trySend(const rtmp::OutMessage& message) {
  return impl_->trySend(message);
}
void MessagePump::flush() {
  impl_->flush();
}

bool MessagePump::Impl::trySend(const rtmp::OutMessage& message) {
  if (phase_ != Phase::running || write_failed_) return false;
  if (blocked()) {
    refused_ = true;
    return false;
  }
  if (corked_ || outgoing_.unwritten() > 0) {
    outgoing_.add([&](rtmp::ComposedMessage& out) { compose(message, out); });
    if (!corked_ || outgoing_.unwritten() >= cork_limit) write();
  } else {
    rtmp::ComposedMessage& composed = composedMessage();
    compose(message, composed);
    writeThrough(composed);
    composed.clear();
  }
  return true;
}

/// Control messages stand between messages, never inside one: chunks of different streams may interleave, but
/// a change of chunk size must not reach into a message that was cut before it.
void MessagePump::Impl::compose(const rtmp::OutMessage& message, rtmp::ComposedMessage& out) {
  takeControl(out);
  connection_.append(message, out);
}

void MessagePump::Impl::takeControl(rtmp::ComposedMessage& out) {
  rtmp::Bytes& control = connection_.pendingOutput();
  if (control.empty()) return;
  out.copy(control);
  control.clear();
}

void MessagePump::Impl::writeThrough(rtmp::ComposedMessage& composed) {
  const IoResult result = transport_->write(composed.slices());
  bytes_sent_ += result.bytes;
  if (result.bytes < composed.size()) outgoing_.start(composed, result.bytes);
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

void MessagePump::Impl::write() {
  while (!waiting_writable_ && !write_failed_) {
    if (outgoing_.unwritten() == 0) outgoing_.add([this](rtmp::ComposedMessage& out) { takeControl(out); });
    if (outgoing_.unwritten() == 0) return;
    std::array<rtmp::BytesView, 256> slices;
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

void MessagePump::Impl::writeFailed(std::error_code code) {
  if (std::exchange(write_failed_, true)) return;
  post([code](Impl& self) {
    if (self.phase_ == Phase::running) self.readLast();
    self.end(peerFailed(code, self.peer_, self.state()));
  });
}

}  // namespace multiconn::net
