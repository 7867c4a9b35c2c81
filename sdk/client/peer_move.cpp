// The half of a Peer that follows its server elsewhere while connected: redirects at publish time, and
// requests to reconnect (Enhanced RTMP v2, "Reconnect Request"). The new connection is made before the old
// one is given up; a live stream changes over at a keyframe.
#include <utility>

#include "client/peer.hpp"
#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

constexpr std::chrono::seconds move_patience{5};
// The server still knows the name from the connection that is being left: 100, 200 .. 1600 ms.
constexpr unsigned most_move_retries = 5;
constexpr std::chrono::milliseconds first_move_retry{100};
constexpr unsigned retries_with_old_connection = 2;
constexpr std::chrono::seconds time_to_drain{2};

}  // namespace

void Peer::on(rtmp::client_event::ReconnectRequested& event) {
  identity_.mask.addFromServer(event.tc_url, false);
  if (statuses_.take(host_.scheduler().now()))
    events_.connectionStatus(identity_.serverStatus(event.status, ""));
  const bool busy = relocation_ && !relocation_->exchanged();
  if (closing_ || busy || publish_ == Publish::moving || !options_.follow_redirects) return;
  switch (requests_.asked(host_.scheduler().now())) {
    case RelocationBudget::Answer::follow:
      break;
    case RelocationBudget::Answer::complain:
      return warnOfRelocation(
          "It asks for a new connection again and again; it is not listened to any more until it has been "
          "silent about it for 30 seconds.");
    case RelocationBudget::Answer::ignore:
      return;
  }
  Hop hop = elsewhere(target_, event.tc_url);
  const std::string where = identity_.mask.text(hop.masked_url);
  if (!hop.target)
    return warnOfRelocation("It asked for a new connection to " + where + ", which is not made, " +
                            hop.refusal + ".");
  sayConnection(identity_.status(code::connect_redirected, "status",
                                 "The server asks for a new connection to " + where + "."));
  relocate(std::move(*hop.target));
}

void Peer::on(rtmp::client_event::Redirected& event) {
  const bool busy = relocation_ && !relocation_->exchanged();
  if (closing_ || busy) return;
  identity_.mask.addFromServer(event.redirect.url, false);
  Hop hop = redirects_.follow(target_, event.redirect);
  const std::string where = "redirects to " + identity_.mask.text(hop.masked_url);
  if (!hop.target) {
    Status failure = identity_.serverStatus(event.status, code::connect_rejected);
    failure.description =
        sentence(failure.description) + " It " + where + ", which is not followed, " + hop.refusal + ".";
    if (settled()) return sayConnection(std::move(failure));
    const std::string why = "The server refused the stream: " + saying(failure);
    return refusePublish(std::move(failure), why);
  }
  if (hop.target->redirected_stream) identity_.mask.addFromServer(*hop.target->redirected_stream, true);
  sayConnection(identity_.status(code::connect_redirected, "status", "The server " + where + "."));
  redirected_publish_ = !settled();
  relocate(std::move(*hop.target));
}

void Peer::relocate(Target target) {
  dropRelocation();
  ready_at_.reset();
  move_retries_ = 0;
  RelocationEvents& events = *this;
  relocation_ = std::make_unique<Relocation>(std::move(target), options_, identity_, host_, events);
  relocation_->start();
}

// Sound alone can change over anywhere.
void Peer::relocationReady() {
  ready_at_ = host_.scheduler().now();
  if (publish_ != Publish::publishing || !has_video_) exchange();
}

void Peer::relocationFailed(const std::string& why) {
  dropRelocation();
  warnOfRelocation(why);
  if (!connection_) return lose(std::exchange(lost_because_, {}));
  if (!std::exchange(redirected_publish_, false)) return;
  const std::string text = "The server redirected the stream. " + why;
  refusePublish(identity_.status(code::publish_failed, "error", text), text);
}

// What has been queued for the old connection still goes there, and the end of its publish behind it.
void Peer::exchange() {
  const bool live = publish_ == Publish::publishing;
  std::unique_ptr<PeerConnection> old = std::move(connection_);
  if (old) old->unpublish();
  adopt(relocation_->exchange(std::move(old)));
  left_ = std::exchange(target_, relocation_->target());
  lost_because_.clear();
  redirected_publish_ = false;
  disconnect();
  request_.stream = streamName();
  if (live) {
    publish_ = Publish::moving;
    held_.bounds(bounds_);
    events_.replay(*this);
    awaitPublish(move_patience);
    connection_->publish(request_);
  } else {
    if (!settled()) requestPublish();
    if (state_ == ServerState::connecting) state_ = ServerState::connected;
    closeOldConnection();
  }
  announce();
}

void Peer::finishMove() {
  publish_ = Publish::publishing;
  for (; connection_ && !held_.empty(); held_.pop()) {
    rtmp::QueuedMessage message = held_.front();
    message.message.stream_id = stream_id_;
    connection_->send(std::move(message));
  }
  collectDrops(host_.scheduler().now());
  closeOldConnection();
}

bool Peer::retryMove(const Status& failure) {
  if (failure.code != "NetStream.Publish.BadName" || move_retries_ == most_move_retries) return false;
  retry_timer_ = host_.scheduler().after(first_move_retry * (1U << move_retries_), [this] {
    awaitPublish(move_patience);
    connection_->publish(request_);
  });
  answer_timer_.cancel();
  if (++move_retries_ == retries_with_old_connection) closeOldConnection();
  return true;
}

bool Peer::fallBack(const std::string& why) {
  std::unique_ptr<PeerConnection> old = relocation_ ? relocation_->takeBack() : nullptr;
  if (!old) return false;
  retry_timer_.cancel();
  retire();
  dropRelocation();
  adopt(std::move(old));
  if (left_) target_ = std::move(*left_);
  disconnect();
  warnOfRelocation(why);
  request_.stream = streamName();
  move_retries_ = 0;
  awaitPublish(move_patience);
  connection_->publish(request_);
  announce();
  return true;
}

// The old connection has ended before the new one was there.
void Peer::goOnWithout(const std::string& why) {
  lost_because_ = why;
  answer_timer_.cancel();
  if (publishing() || publish_ == Publish::requested) publish_ = Publish::wanted;
  state_ = ServerState::connecting;
  disconnect();
  events_.publishChanged(*this);
  if (relocation_->ready()) exchange();
}

void Peer::closeOldConnection() {
  if (!relocation_ || !relocation_->exchanged()) return;
  relocation_->closeOld(time_to_drain);
  if (relocation_->over()) dropRelocation();
}

void Peer::dropRelocation() {
  if (!relocation_) return;
  earlier_ += relocation_->sent();
  relocation_.reset();
}

void Peer::warnOfRelocation(const std::string& why) {
  sayConnection(identity_.status(code::connect_reconnect_failed, "warning",
                                 "The server was not followed to another connection. " + why));
}

}  // namespace multiconn::client
