#include "client/relocation.hpp"

#include <utility>

#include "client/sentence.hpp"

namespace multiconn::client {

namespace {

constexpr std::chrono::seconds patience{30};
constexpr unsigned most_in_a_row = 5;
constexpr std::chrono::seconds healthy_after{30};

}  // namespace

Relocation::Relocation(Target target, const ConnectOptions& options, PeerIdentity& identity, DialHost& host,
                       RelocationEvents& events)
    : events_(events),
      identity_(identity),
      target_(target),
      dialer_(std::move(target), options, identity, host, *this) {}

Relocation::~Relocation() {
  PeerConnection::retire(std::move(next_));
  PeerConnection::retire(std::move(old_));
}

void Relocation::start() {
  dialer_.dial({}, patience);
}

std::unique_ptr<PeerConnection> Relocation::exchange(std::unique_ptr<PeerConnection> old) {
  exchanged_ = true;
  old_ = std::move(old);
  if (old_) old_->tell(*this);
  return std::move(next_);
}

std::unique_ptr<PeerConnection> Relocation::takeBack() {
  return closing_old_ ? nullptr : std::move(old_);
}

void Relocation::closeOld(rtmp::Duration patience_to_send) {
  closing_old_ = true;
  if (old_) old_->closeWhenSent(patience_to_send);
}

Sent Relocation::sent() const {
  Sent sum = earlier_;
  sum += dialer_.wasted();
  for (const auto* connection : {&next_, &old_})
    if (*connection) sum += (*connection)->sent();
  return sum;
}

void Relocation::dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected&) {
  next_ = std::move(connection);
  next_->tell(*this);
  target_ = dialer_.target();
  events_.relocationReady();
}

// Nobody has asked anything of the new connection yet, and nobody listens to the old one any more.
void Relocation::happened(rtmp::ClientEvent& event) {
  PeerConnection* const connection = exchanged_ ? old_.get() : next_.get();
  if (const auto* call = std::get_if<rtmp::client_event::Called>(&event))
    connection->callFailed(call->transaction, "This connection is not in use.");
  else if (std::holds_alternative<rtmp::client_event::CloseRequested>(event))
    lost("The server asked for the connection to be closed.");
}

void Relocation::closed(net::LinkFailure failure) {
  lost(failure.text.empty() ? "The server closed the connection."
                            : identity_.mask.text(sentence(failure.text)));
}

void Relocation::lost(const std::string& why) {
  std::unique_ptr<PeerConnection>& connection = exchanged_ ? old_ : next_;
  earlier_ += connection->sent();
  PeerConnection::retire(std::move(connection));
  if (!exchanged_) return events_.relocationFailed(why);
  if (closing_old_) events_.relocationOver();
}

RelocationBudget::Answer RelocationBudget::asked(rtmp::TimePoint now) {
  if (!last_ || now - *last_ >= healthy_after) in_a_row_ = 0;
  last_ = now;
  if (++in_a_row_ <= most_in_a_row) return Answer::follow;
  return in_a_row_ == most_in_a_row + 1 ? Answer::complain : Answer::ignore;
}

}  // namespace multiconn::client
