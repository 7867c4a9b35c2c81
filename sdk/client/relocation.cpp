#include "client/relocation.hpp"

#include <utility>

#include "client/sentence.hpp"

namespace multiconn::client {

namespace {

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
}

void Relocation::start(std::chrono::milliseconds patience) {
  dialer_.dial({}, patience);
}

Sent Relocation::sent() const {
  Sent sum = dialer_.wasted();
  if (next_) sum += next_->sent();
  return sum;
}

void Relocation::dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected&) {
  next_ = std::move(connection);
  next_->tell(*this);
  target_ = dialer_.target();
  events_.relocationReady();
}

// Nobody has asked anything of it yet.
void Relocation::happened(rtmp::ClientEvent& event) {
  if (const auto* reconnect = std::get_if<rtmp::client_event::ReconnectRequested>(&event)) {
    identity_.mask.addFromServer(reconnect->tc_url, false);
    request_ = reconnect->tc_url;
    events_.relocationStatus(identity_.serverStatus(reconnect->status, ""));
  } else if (const auto* call = std::get_if<rtmp::client_event::Called>(&event))
    next_->callFailed(call->transaction, "This connection is not in use.");
  else if (std::holds_alternative<rtmp::client_event::CloseRequested>(event))
    events_.relocationFailed("The server asked for the connection to be closed.");
}

void Relocation::closed(net::LinkFailure failure) {
  events_.relocationFailed(failure.text.empty() ? "The server closed the connection."
                                                : identity_.mask.text(sentence(failure.text)));
}

RelocationBudget::Answer RelocationBudget::asked(rtmp::TimePoint now) {
  if (!last_ || now - *last_ >= healthy_after) in_a_row_ = 0;
  last_ = now;
  if (++in_a_row_ <= most_in_a_row) return Answer::follow;
  return in_a_row_ == most_in_a_row + 1 ? Answer::complain : Answer::ignore;
}

}  // namespace multiconn::client
