#include "chaos/link.hpp"

#include <utility>

#include "chaos/server.hpp"
#include "net/error.hpp"

namespace multiconn::chaos {

namespace {

constexpr std::chrono::milliseconds look_up_time{5};

}  // namespace

void Link::open(std::vector<rtmp::OutMessage> opening, net::LinkEvents& events) {
  opening_ = std::move(opening);
  events_ = &events;
  dialing_ = scheduler_.after(look_up_time, [this] { lookedUp(); });
}

void Link::lookedUp() {
  if (!server_ || server_->door == Door::unknown_name) {
    if (server_) server_->meet();
    return fail({net::Error::name_not_found, "the name was not found", false});
  }
  // A lost SYN is sent again after 1, 2 and 4 seconds; here every round trip.
  dialing_ = scheduler_.after(server_->weather->rtt + std::chrono::microseconds(200), [this] { reached(); });
}

void Link::reached() {
  if (server_->weather->hole || server_->door == Door::drops) {
    server_->meet();
    dialing_ = scheduler_.after(std::chrono::seconds(1), [this] { reached(); });
    return;
  }
  if (server_->door == Door::refuses) {
    server_->meet();
    return fail(
        {std::make_error_code(std::errc::connection_refused), "connection refused by the server", false});
  }
  wire_ = std::make_shared<Wire>(loop_, server_->weather);
  pump_ = std::make_unique<net::MessagePump>(scheduler_, wire_->transport(Wire::End::client),
                                             rtmp::Handshake::Role::client, rtmp::Limits{},
                                             static_cast<net::PumpEvents&>(*this));
  server_->accept(wire_);
  pump_->start();
}

void Link::opened() {
  pump_->connection().announceChunkSize(rtmp::Limits{}.own_chunk_size);
  sendOpening();
}

void Link::sendOpening() {
  pump_->cork();
  while (opening_sent_ < opening_.size() && pump_->trySend(opening_[opening_sent_])) ++opening_sent_;
  pump_->uncork();
  if (opening_sent_ < opening_.size()) return;
  opened_ = true;
  events_->opened();
}

void Link::writable() {
  if (!opened_) return sendOpening();
  if (std::exchange(refused_, false)) events_->writable();
}

bool Link::trySend(const rtmp::OutMessage& message) {
  if (!opened_ || !pump_) return false;
  const bool taken = pump_->trySend(message);
  refused_ = refused_ || !taken;
  return taken;
}

void Link::cork() {
  if (!opened_ || !pump_) return;
  pump_->cork();
  ++server_->batches;
}

void Link::uncork() {
  if (opened_ && pump_) pump_->uncork();
}

net::LinkStats Link::stats() const {
  return pump_ ? pump_->stats() : net::LinkStats{};
}

void Link::close(net::CloseMode mode) {
  if (!events_) return;
  if (pump_) return pump_->close(mode);
  dialing_ = scheduler_.after({}, [this] { fail({}); });
}

void Link::fail(net::LinkFailure failure) {
  if (net::LinkEvents* const events = std::exchange(events_, nullptr)) events->closed(std::move(failure));
}

}  // namespace multiconn::chaos
