#include "net/native_link.hpp"

#include <utility>

namespace multiconn::net {

NativeLink::NativeLink(AsioScheduler& scheduler, LinkTarget target)
    : scheduler_(scheduler), target_(std::move(target)) {}

NativeLink::~NativeLink() = default;

void NativeLink::open(std::vector<rtmp::OutMessage> opening, LinkEvents& events) {
  opening_ = std::move(opening);
  events_ = &events;
  dialer_.emplace(scheduler_, target_, [this](DialResult result) { dialed(std::move(result)); });
}

void NativeLink::dialed(DialResult result) {
  dialer_.reset();
  if (!result.transport) return fail(std::move(result.failure));
  pump_.emplace(scheduler_, std::move(result.transport), rtmp::Handshake::Role::client, limits_,
                static_cast<PumpEvents&>(*this));
  pump_->start();
}

void NativeLink::opened() {
  pump_->connection().announceChunkSize(limits_.own_chunk_size);
  sendOpening();
}

/// Everything in one write; more than a cork holds waits for writable().
void NativeLink::sendOpening() {
  pump_->cork();
  while (opening_sent_ < opening_.size() && pump_->trySend(opening_[opening_sent_])) ++opening_sent_;
  pump_->uncork();
  if (opening_sent_ < opening_.size()) return;
  opening_.clear();
  opening_sent_ = 0;
  opened_ = true;
  events_->opened();
}

void NativeLink::message(rtmp::Message message) {
  events_->message(std::move(message));
}

void NativeLink::writable() {
  if (!opened_) return sendOpening();
  if (std::exchange(refused_, false)) events_->writable();
}

bool NativeLink::trySend(const rtmp::OutMessage& message) {
  if (!opened_ || !pump_) return false;
  const bool taken = pump_->trySend(message);
  refused_ = refused_ || !taken;
  return taken;
}

void NativeLink::cork() {
  if (opened_ && pump_) pump_->cork();
}

void NativeLink::uncork() {
  if (opened_ && pump_) pump_->uncork();
}

LinkStats NativeLink::stats() const {
  return pump_ ? pump_->stats() : LinkStats{};
}

void NativeLink::close(CloseMode mode) {
  if (!events_) return;
  if (pump_) return pump_->close(mode);
  dialer_.reset();
  failing_ = scheduler_.after(Duration::zero(), [this] { fail({}); });
}

void NativeLink::fail(LinkFailure failure) {
  if (LinkEvents* events = std::exchange(events_, nullptr)) events->closed(std::move(failure));
}

void NativeLink::closed(LinkFailure failure) {
  fail(std::move(failure));
}

}  // namespace multiconn::net
