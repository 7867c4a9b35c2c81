// The part of a Peer that is a spare: ready, silent, and in the place of another one for a while.
#include "client/peer.hpp"

namespace multiconn::client {

// A silent spare has its stream already: publishing there takes one round trip.
void Peer::prepare() {
  if (silent_ && !closing_ && connection_) connection_->prepare();
}

void Peer::takeOver(std::optional<std::uint64_t> from) {
  if (!ready()) return;
  silent_ = false;
  newcomer_ = !from;
  taking_over_ = true;
  unconfirmed_ = from;
  publish_asked_at_ = host_.scheduler().now();
  publish_ = Publish::wanted;
  requestPublish();
}

void Peer::silence() {
  if (!spare_ || silent_) return;
  const bool asked = asked_;
  unpublish();
  asked_ = asked;
  prepare();
  events_.publishChanged(*this);
}

}  // namespace multiconn::client
