// From publish() to the server's answer, and to the end of the stream.
#include <algorithm>
#include <chrono>
#include <utility>

#include "client/peer.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

void Peer::publish(const std::string& name, const std::string& mode, rtmp::TimePoint asked_at) {
  if (gone() || closing_) return;
  const std::string before = streamName();
  name_ = name;
  mode_ = mode;
  const std::string stream = streamName();
  if (stream != before) may_hold_name_ = false;
  publish_asked_at_ = asked_at;
  has_video_ = false;
  redirects_ = RedirectPolicy(options_.follow_redirects);
  // Where a redirect has named the stream it is another one.
  for (const std::string& secret : {stream, name}) identity_.mask.addWithQuery(secret, true);
  if (stream.empty()) {
    const std::string why = "The stream name is empty: give this server's stream key.";
    return refusePublish(identity_.status(code::publish_failed, "error", why), why);
  }
  asked_ = true;
  newcomer_ = false;
  forgetNumbers();
  if (silent_) return prepare();
  publish_ = Publish::wanted;
  if (connection_) requestPublish();
}

// Those of the last broadcast say nothing about this one.
void Peer::forgetNumbers() {
  unconfirmed_.reset();
  drops_.forgetNumbers();
  left_.forgetNumbers();
  if (connection_) connection_->forgetNumbers();
}

// Where the connection is what is to come back, it still does.
void Peer::unpublish() {
  if (publishing() && connection_) {
    may_hold_name_ = false;
    said_goodbye_ = true;
  }
  if (connection_) comeback_.cancel();
  answer_timer_.cancel();
  dropMedia();
  publish_ = Publish::none;
  silent_ = spare_;
  asked_ = taking_over_ = false;
  stand();
  if (dialer_) dialer_->unpublish();
  if (connection_) connection_->unpublish();
  redirected_publish_ = false;
  left_.dropMedia();
  leaveOldConnections();
  moveIfReady();
}

void Peer::requestPublish() {
  comeback_.cancel();
  publish_ = Publish::requested;
  askToPublish(attemptPatience());
}

void Peer::askToPublish(std::chrono::milliseconds patience) {
  awaitPublish(patience);
  connection_->publish(request());
}

// A redirect may name the stream, but knows nothing of the query that is part of our key.
std::string Peer::streamName() const {
  const std::string own = target_.stream.value_or(name_);
  if (!target_.redirected_stream || own.starts_with(*target_.redirected_stream + "?")) return own;
  return *target_.redirected_stream;
}

void Peer::on(rtmp::client_event::PublishStarted& event) {
  if (publish_ != Publish::requested && publish_ != Publish::moving) return;
  answer_timer_.cancel();
  redirected_publish_ = false;
  may_hold_name_ = true;
  stream_id_ = event.stream_id;
  error_.clear();
  const rtmp::TimePoint now = host_.scheduler().now();
  started_at_ = now;
  progress_.restart(now);
  if (!publish_time_)
    publish_time_ =
        std::chrono::duration_cast<std::chrono::milliseconds>(now - std::max(called_at_, publish_asked_at_));
  events_.streamStatus(identity_.serverStatus(event.status, code::publish_start));
  if (publish_ == Publish::moving) return finishMove();
  publish_ = Publish::publishing;
  state_ = ServerState::publishing;
  events_.publishChanged(*this);
  taking_over_ = false;
}

void Peer::on(rtmp::client_event::PublishFailed& event) {
  if (publish_ != Publish::requested && !publishing()) return;
  if (redirected_publish_) return;
  if (auto redirect = awaitsPublish() ? rtmp::redirectIn(event.status) : std::nullopt) {
    rtmp::client_event::Redirected redirected{std::move(event.status), std::move(*redirect)};
    return on(redirected);
  }
  Status failure = identity_.serverStatus(event.status, code::publish_failed);
  if (publish_ != Publish::moving || !retryMove(failure)) failPublish(std::move(failure));
}

// `final`: for good, whatever its code says.
void Peer::failPublish(Status failure, bool final) {
  if (publish_ == Publish::moving && fallBack(saying(failure))) return;
  const bool ran = publishing();
  std::string why =
      (ran ? "The server ended the stream: " : "The server refused the stream: ") + saying(failure);
  const bool retry = !final && !refusesForGood(failure);
  if (const auto delay = retry ? nextAttempt() : std::nullopt)
    return publishAfter(*delay, std::move(failure), why);
  if (retry) why = whenGivenUp(why);
  refusePublish(std::move(failure), why);
  if (ran) events_.streamStatus(identity_.status(code::publish_lost, "error", why));
}

// A server that refuses the stream is still connected.
void Peer::refusePublish(Status failure, std::string error) {
  endPublish(std::move(error));
  publish_ = Publish::refused;
  stand();
  events_.streamStatus(std::move(failure));
  events_.publishChanged(*this);
  moveIfReady();
}

void Peer::endPublish(std::string error) {
  answer_timer_.cancel();
  dropMedia();
  error_ = std::move(error);
  leaveOldConnections();
}

void Peer::awaitPublish(std::chrono::milliseconds patience) {
  answer_timer_ = host_.scheduler().after(patience, [this, patience] { noPublishAnswer(patience); });
}

void Peer::noPublishAnswer(std::chrono::milliseconds patience) {
  const std::string why = "The server did not answer publish within " +
                          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience).count()) +
                          " seconds.";
  if (publish_ == Publish::moving && fallBack(why)) return;
  // Who is mute to publish may be so to everything: only another connection shows.
  if (options_.reconnect.enabled) return end(why);
  // A late Publish.Start would hold the name.
  if (connection_) connection_->unpublish();
  const char* const code = publishing() ? code::publish_lost : code::publish_failed;
  refusePublish(identity_.status(code, "error", why), why);
}

}  // namespace multiconn::client
