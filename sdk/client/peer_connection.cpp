#include "client/peer_connection.hpp"

namespace multiconn::client {

PeerConnection::PeerConnection(std::unique_ptr<net::Link> link, rtmp::ConnectRequest request,
                               PeerConnectionEvents& events)
    : events_(&events), session_(std::move(request), rtmp::Limits()), link_(std::move(link)) {}

void PeerConnection::open(std::optional<rtmp::PublishRequest> pipelined) {
  link_->open(session_.connect(std::move(pipelined)).send, *this);
}

void PeerConnection::opened() {
  open_ = was_opened_ = true;
  if (events_) events_->opened();
}

void PeerConnection::message(rtmp::Message message) {
  if (!events_) return;
  rtmp::ClientReaction reaction = session_.handle(message);
  if (!reaction.send.empty()) events_->answer(std::move(reaction.send));
  for (rtmp::ClientEvent& event : reaction.events)
    if (events_) events_->happened(event);
}

void PeerConnection::writable() {
  if (events_) events_->writable();
}

void PeerConnection::closed(net::LinkFailure failure) {
  open_ = false;
  if (events_) events_->closed(std::move(failure));
}

}  // namespace multiconn::client
