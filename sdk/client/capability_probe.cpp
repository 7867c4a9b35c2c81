#include "client/capability_probe.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::client {

namespace {

using Kind = rtmp::SharedObjectEvent::Kind;

constexpr std::chrono::seconds patience{3};
constexpr std::chrono::milliseconds time_to_close{40};

// A refusal of this object is an answer too. Anything else might be our own bytes coming back.
bool isAnswer(const rtmp::SharedObjectMessage& message) {
  return std::any_of(message.events.begin(), message.events.end(), [](const rtmp::SharedObjectEvent& event) {
    return event.kind == Kind::use_success || event.kind == Kind::status;
  });
}

}  // namespace

CapabilityProbe::CapabilityProbe(Peer& peer, net::Scheduler& scheduler, std::string object, bool persistent,
                                 CapabilityEvents& events)
    : server_(peer.id()),
      scheduler_(scheduler),
      object_(std::move(object)),
      persistent_(persistent),
      events_(events) {
  DialerEvents& dialer_events = *this;
  dialer_ = peer.makeDialer(dialer_events);
  dialer_->dial({}, patience);
}

CapabilityProbe::~CapabilityProbe() {
  PeerConnection::retire(std::move(connection_));
}

void CapabilityProbe::dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected&) {
  dialer_.reset();
  connection_ = std::move(connection);
  PeerConnectionEvents& connection_events = *this;
  connection_->tell(connection_events);
  deadline_ = scheduler_.after(patience, [this] { answer("It did not answer within 3 seconds."); });
  rtmp::SharedObjectMessage use;
  use.name = object_;
  use.persistent = persistent_;
  use.events.push_back({Kind::use, {}, {}, {}, {}});
  connection_->sendSharedObject(std::move(use));
}

void CapabilityProbe::dialFailed(DialFailure failure) {
  dialer_.reset();
  answer("It could not be asked on a second connection: " + failure.error);
}

void CapabilityProbe::happened(rtmp::ClientEvent& event) {
  if (const auto* object = std::get_if<rtmp::client_event::SharedObjectReceived>(&event)) {
    if (object->message.name == object_ && isAnswer(object->message)) answer({});
  } else if (const auto* call = std::get_if<rtmp::client_event::Called>(&event)) {
    connection_->callFailed(call->transaction, "There is no such method.");
  } else if (std::holds_alternative<rtmp::client_event::CloseRequested>(event)) {
    answer("It closed the connection on which it was asked.");
  }
}

void CapabilityProbe::closed(net::LinkFailure) {
  answer("It closed the connection on which it was asked.");
  events_.probeOver(server_);
}

void CapabilityProbe::answer(const std::string& why_not) {
  if (std::exchange(answered_, true)) return;
  deadline_.cancel();
  events_.capabilityKnown(server_, why_not);
  if (connection_) connection_->closeWhenSent(time_to_close);
}

}  // namespace multiconn::client
