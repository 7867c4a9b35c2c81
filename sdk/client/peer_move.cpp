// The part of a Peer that follows its server elsewhere while connected: redirects at publish time, and
// requests to reconnect (Enhanced RTMP v2, "Reconnect Request"). The new connection is made before the old
// one is given up; a live stream changes over at a keyframe.
#include <algorithm>
#include <utility>

#include "client/peer.hpp"
#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

constexpr std::chrono::seconds dial_patience{30};
constexpr std::chrono::seconds move_patience{5};
// The server still knows the name from the connection that is being left: 100, 200 .. 3200 ms.
constexpr unsigned most_move_retries = 6;
constexpr std::chrono::milliseconds first_move_retry{100};
constexpr unsigned retries_with_old_connection = 2;
constexpr std::chrono::milliseconds time_to_drain{2000};
// A stream that has run for so long has arrived: redirects are counted anew.
constexpr std::chrono::seconds healthy_after{30};

}  // namespace

void Peer::on(rtmp::client_event::ReconnectRequested& event) {
  identity_.mask.addFromServer(event.tc_url, false);
  if (statuses_.take(host_.scheduler().now()))
    events_.connectionStatus(identity_.serverStatus(event.status, ""));
  if (closing_ || !options_.follow_redirects) return;
  if (relocation_ || publish_ == Publish::moving)
    pending_request_ = event.tc_url;
  else
    followRequest(event.tc_url);
}

void Peer::followRequest(const std::string& tc_url) {
  if (!mayAskAgain()) return;
  Hop hop = elsewhere(target_, tc_url);
  const std::string where = identity_.mask.text(hop.masked_url);
  if (!hop.target)
    return warnOfRelocation("It asked for a new connection to " + where + ", which is not made, " +
                            hop.refusal + ".");
  sayConnection(identity_.status(code::connect_redirected, "status",
                                 "The server asks for a new connection to " + where + "."));
  relocate(std::move(*hop.target));
}

// What the present connection has said in the middle of a move. It is the one that stays.
void Peer::followPendingRequest() {
  if (closing_ || relocation_ || publish_ == Publish::moving || !connection_) return;
  if (const auto tc_url = std::exchange(pending_request_, std::nullopt)) followRequest(*tc_url);
}

bool Peer::mayAskAgain() {
  const RelocationBudget::Answer answer = requests_.asked(host_.scheduler().now());
  if (answer == RelocationBudget::Answer::complain)
    warnOfRelocation(
        "It asks for a new connection again and again; it is not listened to any more until it has been "
        "silent about it for 30 seconds.");
  return answer == RelocationBudget::Answer::follow;
}

// Servers that take a stream only to redirect it could otherwise send it round for ever.
void Peer::forgiveRedirects() {
  if (publish_ == Publish::publishing && host_.scheduler().now() - started_at_ >= healthy_after)
    redirects_ = RedirectPolicy(options_.follow_redirects);
}

void Peer::on(rtmp::client_event::Redirected& event) {
  if (closing_ || relocation_) return;
  if (publish_ == Publish::publishing && !mayAskAgain()) return;
  forgiveRedirects();
  identity_.mask.addFromServer(event.redirect.url, false);
  Hop hop = redirects_.follow(target_, event.redirect);
  const std::string where = "redirects to " + identity_.mask.text(hop.masked_url);
  if (!hop.target) {
    Status failure = identity_.serverStatus(event.status, code::connect_rejected);
    failure.description =
        sentence(failure.description) + " It " + where + ", which is not followed, " + hop.refusal + ".";
    if (!awaitsPublish()) return sayConnection(std::move(failure));
    // A balancer may name one that does not redirect.
    const bool named_by_balancer = target_.question && !options_.follow_redirects;
    if (named_by_balancer && options_.reconnect.enabled)
      return end("The server refused the stream: " + saying(failure));
    return failPublish(std::move(failure), hop.final);
  }
  if (hop.target->redirected_stream) identity_.mask.addFromServer(*hop.target->redirected_stream, true);
  sayConnection(identity_.status(code::connect_redirected, "status", "The server " + where + "."));
  redirected_publish_ = awaitsPublish();
  relocate(std::move(*hop.target));
}

// While a stream is on its way from one server to the next its frames wait, and not for long.
void Peer::relocate(Target target) {
  const bool moving = publish_ == Publish::moving;
  if (moving) answer_timer_.cancel(), retry_timer_.cancel();
  RelocationEvents& events = *this;
  relocation_ = std::make_unique<Relocation>(std::move(target), options_, identity_, host_, events);
  relocation_->start(moving ? move_patience : dial_patience);
}

// Sound alone can change over anywhere.
void Peer::relocationReady() {
  ready_at_ = host_.scheduler().now();
  if (publish_ != Publish::publishing || !has_video_) exchange();
}

// There is no stream any more whose keyframe was waited for.
void Peer::moveIfReady() {
  if (relocation_ && relocation_->ready()) exchange();
}

void Peer::relocationFailed(const std::string& why) {
  dropRelocation();
  const bool redirected = std::exchange(redirected_publish_, false);
  const std::string text = redirected ? "The server redirected the stream. " + why : why;
  if (publish_ == Publish::moving && fallBack(text)) return;
  warnOfRelocation(why);
  if (!connection_) return lose(std::exchange(lost_because_, {}));
  if (redirected) failPublish(identity_.status(code::publish_failed, "error", text));
  followPendingRequest();
}

// What has been queued for the old connection still goes there, and the end of its publish behind it. One
// that has redirected a stream on its way has got nothing of it, and is not the one to fall back on.
void Peer::exchange() {
  answer_timer_.cancel();
  const bool begins = publish_ == Publish::publishing;
  if (begins) unconfirmed_ = unconfirmed();
  std::unique_ptr<PeerConnection> old = std::move(connection_);
  if (old) old->unpublish();
  Target left = std::exchange(target_, relocation_->target());
  std::optional<std::string> request = relocation_->takeRequest();
  adopt(relocation_->take());
  dropRelocation();
  pending_request_ = std::move(request);
  if (old && begins)
    left_.keep(std::move(old), std::move(left), host_.scheduler().now());
  else
    left_.leave(std::move(old), host_.scheduler().now());
  lost_because_.clear();
  redirected_publish_ = false;
  move_retries_ = 0;
  disconnect();
  if (begins) hold();
  if (publish_ == Publish::moving) {
    askToPublish(move_patience);
  } else {
    if (!settled()) requestPublish();
    prepare();
    if (state_ == ServerState::connecting) state_ = ServerState::connected;
    stand();
    leaveOldConnections();
  }
  announce();
  followPendingRequest();
}

// From the cached keyframe on, until somebody takes it.
void Peer::hold() {
  forgiveRedirects();
  publish_ = Publish::moving;
  held_.bounds(bounds_);
  events_.replay(*this);
}

void Peer::finishMove() {
  publish_ = Publish::publishing;
  state_ = ServerState::publishing;
  for (; connection_ && !held_.empty(); held_.pop()) {
    rtmp::QueuedMessage message = held_.front();
    message.message.stream_id = stream_id_;
    connection_->send(std::move(message));
  }
  // What was held may have lost the keyframe of what comes now.
  if (connection_ && held_.waitsForKey()) connection_->waitForKey();
  held_.clear();
  collectDrops(host_.scheduler().now());
  leaveOldConnections();
  followPendingRequest();
}

// Where nothing may be lost, the end of the old publish waits behind everything that is queued there.
bool Peer::retryMove(const Status& failure) {
  if (failure.code != "NetStream.Publish.BadName" || move_retries_ == most_move_retries) return false;
  retry_timer_ = host_.scheduler().after(first_move_retry * (1U << move_retries_),
                                         [this] { askToPublish(move_patience); });
  answer_timer_.cancel();
  const bool waits = bounds_.lossless && left_.queued() > 0;
  if (move_retries_ < retries_with_old_connection || !waits) ++move_retries_;
  if (move_retries_ == retries_with_old_connection) leaveOldConnections();
  return true;
}

bool Peer::fallBack(const std::string& why) {
  auto old = left_.takeBack();
  if (!old) return false;
  retry_timer_.cancel();
  retire();
  dropRelocation();
  target_ = std::move(old->target);
  adopt(std::move(old->connection));
  disconnect();
  warnOfRelocation(why);
  redirected_publish_ = false;
  move_retries_ = 0;
  askToPublish(move_patience);
  announce();
  return true;
}

// The old connection has ended before the new one was there.
void Peer::goOnWithout(const std::string& why) {
  lost_because_ = why;
  answer_timer_.cancel();
  retry_timer_.cancel();
  comeback_.cancel();
  state_ = ServerState::connecting;
  disconnect();
  if (publish_ == Publish::publishing) {
    noteUnconfirmed();
    left_.dropMedia();
    hold();
  }
  if (publish_ == Publish::requested) publish_ = Publish::wanted;
  if (relocation_->ready()) return exchange();
  if (!options_.reconnect.enabled) return;
  answer_timer_ = host_.scheduler().after(
      move_patience, [this] { relocationFailed("There was no new connection within 5 seconds."); });
}

// A live broadcast's frames are too old after that anyway.
void Peer::leaveOldConnections() {
  const std::chrono::milliseconds longest = std::min(bounds_.age, options_.stall_timeout);
  left_.drain(host_.scheduler().now() + std::max(longest, time_to_drain));
}

void Peer::dropRelocation() {
  if (!relocation_) return;
  ready_at_.reset();
  earlier_ += relocation_->sent();
  relocation_.reset();
}

void Peer::warnOfRelocation(const std::string& why) {
  sayConnection(identity_.status(code::connect_reconnect_failed, "warning",
                                 "The server was not followed to another connection. " + why));
}

}  // namespace multiconn::client
