#include "net/native_link.hpp"

#include <utility>

#include "net/tcp_transport.hpp"

namespace multiconn::net {

NativeLink::NativeLink(AsioScheduler& scheduler, LinkTarget target)
    : scheduler_(scheduler), target_(std::move(target)) {}

NativeLink::~NativeLink() = default;

void NativeLink::open(std::vector<rtmp::OutMessage> opening, LinkEvents& events) {
  opening_ = std::move(opening);
  events_ = &events;
  if (target_.url.secure()) {
    TlsContextResult tls = TlsContext::client(target_.tls);
    if (!tls.context) return failLater(std::move(tls.failure));
    tls_context_ = std::move(tls.context);
  }
  lookup_.emplace(scheduler_, target_.url.host, target_.url.port,
                  [this](LookupResult result) { addressesFound(std::move(result)); });
}

void NativeLink::addressesFound(LookupResult result) {
  lookup_.reset();
  if (result.addresses.empty()) return fail(std::move(result.failure));
  connector_.emplace(scheduler_, target_.url.host, std::move(result.addresses),
                     [this](ConnectResult connection) { connected(std::move(connection)); });
}

void NativeLink::connected(ConnectResult result) {
  connector_.reset();
  if (!result.socket) return fail(std::move(result.failure));
  if (tls_context_) return startTls(std::move(result.socket));
  startPump(std::make_unique<TcpTransport>(scheduler_, std::move(result.socket)));
}

void NativeLink::startTls(Socket socket) {
  tls_ = std::make_unique<TlsTransport>(scheduler_, std::move(socket), tls_context_, target_.url.host);
  tls_->handshake([this](std::optional<LinkFailure> failure) { tlsDone(std::move(failure)); });
}

void NativeLink::tlsDone(std::optional<LinkFailure> failure) {
  if (!failure) return startPump(std::move(tls_));
  tls_.reset();
  fail(*std::move(failure));
}

void NativeLink::startPump(std::unique_ptr<Transport> transport) {
  pump_ = std::make_unique<MessagePump>(scheduler_, std::move(transport), rtmp::Handshake::Role::client,
                                        limits_, static_cast<PumpEvents&>(*this));
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

LinkStats NativeLink::stats() const {
  return pump_ ? pump_->stats() : LinkStats{};
}

void NativeLink::close(CloseMode mode) {
  if (!events_) return;
  if (pump_) return pump_->close(mode);
  lookup_.reset();
  connector_.reset();
  tls_.reset();
  failLater({});
}

void NativeLink::failLater(LinkFailure failure) {
  failing_ = scheduler_.after(Duration::zero(), [this, failure = std::move(failure)] { fail(failure); });
}

void NativeLink::fail(LinkFailure failure) {
  if (LinkEvents* events = std::exchange(events_, nullptr)) events->closed(std::move(failure));
}

void NativeLink::closed(LinkFailure failure) {
  fail(std::move(failure));
}

}  // namespace multiconn::net
