// The part of a Peer that comes back: which failures are retried, when, and how; and the silence that is one.
#include <algorithm>
#include <utility>

#include "client/peer.hpp"
#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// Setup is answered long before; this is how long a server may be late and still join. Later attempts need
// not wait for so long, since there is another one behind each.
constexpr std::chrono::milliseconds first_patience{30000};
constexpr std::chrono::milliseconds later_patience{10000};
// Some servers close a connection on which nothing is published, every ten seconds or so, and are well.
constexpr std::chrono::milliseconds idle_healthy_after{5000};
// Traffic has measured the round trip by then.
constexpr std::chrono::seconds measured_after{10};

std::string inMilliseconds(std::chrono::milliseconds time) {
  return std::to_string(time.count()) + " ms";
}

}  // namespace

std::chrono::milliseconds Peer::attemptPatience() const {
  // Where already TCP's answer takes seconds, those of RTMP do too.
  if (comeback_.backoff.attempts() == 0 || mute_attempts_ > 0)
    return comeback_.backoff.patience(host_.scheduler().now(), first_patience);
  return comeback_.backoff.patience(host_.scheduler().now(), later_patience);
}

/// Nothing: there will be none.
std::optional<std::chrono::milliseconds> Peer::nextAttempt() {
  if (closing_ || !options_.reconnect.enabled) return {};
  return comeback_.backoff.delay(host_.scheduler().now(), host_.random());
}

// The connection has ended. `stream_code`: what that is for a stream that ran.
void Peer::lose(const std::string& why, const char* stream_code) {
  const bool ran = publishing();
  const bool asked = !settled();
  const auto delay = nextAttempt();
  dropAll(delay ? Fate::sent_again : Fate::lost);
  if (!delay) publish_ = Publish::none;
  if (delay && (ran || asked)) publish_ = Publish::wanted;
  const std::string text = closing_ ? "The connection was closed." : delay ? why : whenGivenUp(why);
  const char* const level = closing_ ? "status" : delay ? "warning" : "error";
  if (!delay) state_ = closing_ ? ServerState::closed : ServerState::failed;
  if (!delay && !closing_) error_ = text;
  if (!closing_ && ran) events_.streamStatus(identity_.status(stream_code, level, text));
  if (!closing_ && asked && !delay) events_.streamStatus(identity_.status(code::publish_failed, level, text));
  events_.connectionStatus(identity_.status(code::connect_closed, level, text));
  if (delay) reconnectAfter(*delay, why);
  events_.publishChanged(*this);
  disconnect();
  if (!delay) host_.ended(*this);
}

void Peer::dropAll(Fate fate) {
  answer_timer_.cancel();
  comeback_.cancel();
  noteUnconfirmed();
  if (publishing() || publish_ == Publish::requested) may_hold_name_ = true;
  dropRelocation();
  if (fate == Fate::sent_again) left_.dropMedia();
  left_.clear();
  collectDrops(host_.scheduler().now());
  dropMedia();
}

void Peer::attemptFailed(DialFailure failure) {
  mute_attempts_ = failure.mute ? mute_attempts_ + 1 : 0;
  const auto delay = failure.final ? std::nullopt : nextAttempt();
  if (!delay) {
    if (!failure.final) {
      failure.error = whenGivenUp(failure.error);
      failure.status.description = whenGivenUp(failure.status.description);
    }
    return failConnect(std::move(failure));
  }
  reconnectAfter(*delay, failure.error);
  events_.publishChanged(*this);
}

void Peer::failConnect(DialFailure failure) {
  answer_timer_.cancel();
  comeback_.cancel();
  state_ = closing_ ? ServerState::closed : ServerState::failed;
  publish_ = Publish::none;
  error_ = closing_ ? "The connection was closed before the server answered." : std::move(failure.error);
  if (!closing_) events_.connectionStatus(std::move(failure.status));
  answer();
  events_.publishChanged(*this);
  host_.ended(*this);
}

void Peer::reconnectAfter(std::chrono::milliseconds delay, const std::string& why) {
  startOver();
  state_ = ServerState::reconnecting;
  error_ = why;
  comeback_.arm(host_.scheduler(), delay, [this] { tryAgain(); });
  sayConnection(identity_.status(code::connect_reconnecting, "warning", announcement(why, delay)));
  host_.attemptFailed(*this, why);
}

// The connection stands, and the stream alone is asked for again.
void Peer::publishAfter(std::chrono::milliseconds delay, Status failure, const std::string& why) {
  const bool ran = publishing();
  noteUnconfirmed();
  endPublish(why);
  if (connection_) connection_->unpublish();
  redirects_ = RedirectPolicy(options_.follow_redirects);
  publish_ = Publish::wanted;
  state_ = ServerState::reconnecting;
  comeback_.arm(host_.scheduler(), delay, [this] { tryAgain(); });
  if (ran) {
    if (failure.code != code::publish_lost) sayStream(std::move(failure));
    sayStream(identity_.status(code::publish_lost, "warning", why));
  }
  sayStream(identity_.status(code::publish_retrying, "warning", announcement(why, delay)));
  events_.publishChanged(*this);
  moveIfReady();
}

void Peer::tryAgain() {
  if (!connection_) return target_.unknown() ? host_.lookUp(*this, attemptPatience()) : dial();
  requestPublish();
}

// From the destination as it was asked for: where it led to may have gone for good.
void Peer::startOver() {
  target_ = destination_;
  redirects_ = RedirectPolicy(options_.follow_redirects);
  requests_ = RelocationBudget();
  pending_request_.reset();
  lost_because_.clear();
  redirected_publish_ = false;
  move_retries_ = 0;
}

// A name in use may be in use by the connection that we have lost, until the server has noticed.
bool Peer::refusesForGood(const Status& failure) const {
  if (failure.code == "NetStream.Publish.BadName") return !may_hold_name_;
  return failure.code == "NetStream.Publish.Denied" || failure.code == "NetStream.Publish.Unauthorized";
}

std::string Peer::announcement(const std::string& why, std::chrono::milliseconds delay) const {
  return why + " Attempt " + std::to_string(comeback_.backoff.attempts() + 1) + " follows in " +
         inMilliseconds(delay) + ".";
}

std::string Peer::whenGivenUp(const std::string& why) const {
  const std::uint32_t attempts = comeback_.backoff.attempts();
  if (attempts == 0) return why;
  return sentence(why) + " After " + std::to_string(attempts) + (attempts == 1 ? " attempt" : " attempts") +
         " to reconnect it is given up.";
}

// The connections that a move has left may have more on their way than the present one.
void Peer::noteUnconfirmed() {
  unconfirmed_ = unconfirmed();
  const std::uint64_t held = held_.firstNumber();
  for (const auto number : {left_.unconfirmed(), held == 0 ? std::nullopt : std::optional(held)})
    if (number && (!unconfirmed_ || *number < *unconfirmed_)) unconfirmed_ = number;
}

void Peer::noteHealth(rtmp::TimePoint now) {
  const bool stands = connection_ && !closing_ && (publish_ == Publish::publishing || settled());
  const rtmp::TimePoint since = publishing() ? std::max(started_at_, adopted_at_) : adopted_at_;
  const std::chrono::milliseconds enough =
      publish_ == Publish::none ? std::min(options_.reconnect.healthy_after, idle_healthy_after)
                                : options_.reconnect.healthy_after;
  if (stands && now - since >= enough) comeback_.backoff.healthy();
}

bool Peer::diesInSilence(rtmp::TimePoint now, std::chrono::microseconds round_trip) {
  if (dialer_) dialer_->tick(now, round_trip);
  if (!connection_ || closing_ || options_.dead_after <= std::chrono::milliseconds::zero()) return false;
  const net::LinkStats& latest = figures(now, DeadPeer::figures_age);
  const rtmp::Duration silence = dead_peer_.silence(figures_.hadAt(), latest, connection_->queued());
  if (publishing() && now - std::max(started_at_, adopted_at_) >= measured_after) round_trip = {};
  if (silence < DeadPeer::limit(options_.dead_after, latest, round_trip)) return false;
  end(DeadPeer::describe(silence, latest));
  return true;
}

}  // namespace multiconn::client
