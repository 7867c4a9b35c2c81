#include "client/peer.hpp"

#include <algorithm>
#include <utility>

#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// Setup is answered long before; this is how long a server may be late and still join.
constexpr std::chrono::seconds answer_patience{30};
// What is left of the 250 ms of a close belongs to the link.
constexpr std::chrono::milliseconds time_to_send_goodbye{40};
constexpr std::uint32_t statuses_per_second = 50;
constexpr std::uint32_t calls_per_second = 1000;

std::chrono::milliseconds since(rtmp::TimePoint then, rtmp::TimePoint now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
}

bool isHttps(const std::string& url) {
  return lowerCase(std::string_view(url).substr(0, 8)) == "https://";
}

PeerIdentity identityOf(ServerId id, const Target& target) {
  PeerIdentity identity{id, target.masked_url, {}};
  const rtmp::Url& url = target.link.url;
  for (const std::string* secret : {&url.user, &url.password}) identity.mask.add(*secret);
  identity.mask.addWithQuery(url.app, false);
  if (target.credentials) identity.mask.add(target.credentials->password);
  if (target.stream) identity.mask.addWithQuery(*target.stream, true);
  return identity;
}

}  // namespace

Peer::Peer(ServerId id, Target target, const ConnectOptions& options, PeerHost& host, PeerEvents& events)
    : identity_(identityOf(id, target)),
      target_(std::move(target)),
      options_(options),
      host_(host),
      events_(events),
      statuses_(statuses_per_second),
      calls_(calls_per_second),
      bounds_{options.queue_bytes, options.queue_age, false},
      redirects_(options.follow_redirects) {}

void Peer::connect(rtmp::TimePoint called_at) {
  called_at_ = called_at;
  if (!target_.error.empty())
    return failConnect({identity_.status(code::connect_failed, "error", target_.error), target_.error});
  if (!target_.unknown()) return dial();
  const auto& balancers = target_.question->balancers;
  if (target_.link.tls.insecure && std::any_of(balancers.begin(), balancers.end(), isHttps))
    warnOfInsecurity("The balancer's");
  host_.lookUp(*this);
}

void Peer::found(const FoundServer& server) {
  if (gone() || closing_ || !target_.unknown()) return;
  target_ = foundTarget(target_, server);
  identity_.url = target_.masked_url;
  events_.connectionStatus(
      identity_.status(code::connect_found, "status", "A balancer has named this server."));
  host_.located(*this);
  dial();
}

void Peer::notFound(const std::string& why) {
  if (gone() || closing_ || !target_.unknown()) return;
  failConnect({identity_.status(code::connect_failed, "error", why), why});
}

void Peer::dial() {
  if (target_.link.url.secure() && target_.link.tls.insecure) warnOfInsecurity("The server's");
  DialerEvents& events = *this;
  dialer_ = std::make_unique<Dialer>(target_, options_, identity_, host_, events);
  dialer_->dial(publish_ == Publish::wanted ? std::optional(request_) : std::nullopt, answer_patience);
}

void Peer::warnOfInsecurity(const std::string& whose) {
  events_.connectionStatus(
      identity_.status(code::connect_insecure, "warning",
                       whose + " certificate is not verified: anyone on the way may listen and change."));
}

void Peer::publish(const std::string& name, const std::string& mode, rtmp::TimePoint asked_at) {
  if (gone() || closing_) return;
  name_ = name;
  request_ = {streamName(), mode};
  publish_asked_at_ = asked_at;
  has_video_ = false;
  redirects_ = RedirectPolicy(options_.follow_redirects);
  identity_.mask.addWithQuery(request_.stream, true);
  if (request_.stream.empty()) {
    const std::string why = "The stream name is empty: give this server's stream key.";
    return refusePublish(identity_.status(code::publish_failed, "error", why), why);
  }
  publish_ = Publish::wanted;
  if (connection_) requestPublish();
}

void Peer::unpublish() {
  answer_timer_.cancel();
  dropMedia();
  publish_ = Publish::none;
  if (state_ == ServerState::publishing) state_ = ServerState::connected;
  if (dialer_) dialer_->unpublish();
  if (connection_) connection_->unpublish();
  redirected_publish_ = false;
  left_.dropMedia();
  leaveOldConnections();
  if (relocation_ && relocation_->ready()) exchange();
}

void Peer::close() {
  if (closing_ || gone()) return;
  closing_ = true;
  dropRelocation();
  if (!connection_) return abort();
  unpublish();
  disconnect();
  connection_->closeWhenSent(time_to_send_goodbye);
}

void Peer::abort() {
  if (gone()) return;
  closing_ = true;
  const bool dialing = !connection_ && !announced_ && lost_because_.empty();
  dropRelocation();
  left_.dropMedia();
  retire();
  if (dialing) return failConnect({});
  lose({});
}

void Peer::requestPublish() {
  publish_ = Publish::requested;
  awaitPublish(answer_patience);
  connection_->publish(request_);
}

// A redirect may name the stream, but knows nothing of the query that is part of our key.
std::string Peer::streamName() const {
  const std::string own = target_.stream.value_or(name_);
  if (!target_.redirected_stream || own.starts_with(*target_.redirected_stream + "?")) return own;
  return *target_.redirected_stream;
}

void Peer::happened(rtmp::ClientEvent& event) {
  std::visit([this](auto& what) { on(what); }, event);
}

void Peer::dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected& event) {
  target_ = dialer_->target();
  earlier_ += dialer_->wasted();
  dialer_.reset();
  adopt(std::move(connection));
  state_ = ServerState::connected;
  connect_time_ = since(called_at_, host_.scheduler().now());
  events_.connectionStatus(identity_.serverStatus(event.status, code::connect_success));
  host_.answered(*this);
  if (publish_ == Publish::wanted && connection_->pipelined()) {
    publish_ = Publish::requested;
    awaitPublish(answer_patience);
  } else if (publish_ == Publish::wanted) {
    request_.stream = streamName();
    requestPublish();
  }
  announce();
}

void Peer::dialFailed(DialFailure failure) {
  earlier_ += dialer_->wasted();
  dialer_.reset();
  failConnect(std::move(failure));
}

void Peer::adopt(std::unique_ptr<PeerConnection> connection) {
  connection_ = std::move(connection);
  PeerConnectionEvents& events = *this;
  connection_->tell(events);
  connection_->bounds(bounds_);
  link_stats_ = {};
  link_stats_at_ = {};
  pending_request_.reset();
  ++connection_number_;
}

void Peer::announce() {
  if (!connection_) return;
  announced_ = true;
  events_.connected(*this);
}

void Peer::on(rtmp::client_event::PublishStarted& event) {
  if (publish_ != Publish::requested && publish_ != Publish::moving) return;
  answer_timer_.cancel();
  redirected_publish_ = false;
  stream_id_ = event.stream_id;
  error_.clear();
  const rtmp::TimePoint now = host_.scheduler().now();
  started_at_ = now;
  progress_.restart(now);
  if (!publish_time_) publish_time_ = since(std::max(called_at_, publish_asked_at_), now);
  events_.streamStatus(identity_.serverStatus(event.status, code::publish_start));
  if (publish_ == Publish::moving) return finishMove();
  publish_ = Publish::publishing;
  state_ = ServerState::publishing;
  events_.publishChanged(*this);
}

void Peer::on(rtmp::client_event::PublishFailed& event) {
  if (settled() && !publishing()) return;
  if (redirected_publish_) return;
  if (auto redirect = awaitsPublish() ? rtmp::redirectIn(event.status) : std::nullopt) {
    rtmp::client_event::Redirected redirected{std::move(event.status), std::move(*redirect)};
    return on(redirected);
  }
  Status failure = identity_.serverStatus(event.status, code::publish_failed);
  if (publish_ != Publish::moving || !retryMove(failure)) failPublish(std::move(failure));
}

void Peer::failPublish(Status failure) {
  if (publish_ == Publish::moving && fallBack(saying(failure))) return;
  const bool ran = publishing();
  const std::string why =
      (ran ? "The server ended the stream: " : "The server refused the stream: ") + saying(failure);
  refusePublish(std::move(failure), why);
  if (ran) events_.streamStatus(identity_.status(code::publish_lost, "error", why));
}

// A server that refuses the stream is still connected.
void Peer::refusePublish(Status failure, std::string error) {
  answer_timer_.cancel();
  dropMedia();
  publish_ = Publish::refused;
  if (state_ == ServerState::publishing) state_ = ServerState::connected;
  error_ = std::move(error);
  leaveOldConnections();
  events_.streamStatus(std::move(failure));
  events_.publishChanged(*this);
}

void Peer::on(rtmp::client_event::StatusReceived& event) {
  if (!statuses_.take(host_.scheduler().now())) return;
  Status received = identity_.serverStatus(event.status, "");
  if (event.stream_id != 0 || received.code.starts_with("NetStream."))
    return events_.streamStatus(std::move(received));
  events_.connectionStatus(std::move(received));
}

void Peer::on(rtmp::client_event::Called& event) {
  if (closing_) return;
  if (!calls_.take(host_.scheduler().now()))
    return connection_->callFailed(event.transaction, "Too many calls in one second.");
  events_.called(*this, event);
}

void Peer::on(rtmp::client_event::CloseRequested&) {
  if (!closing_) closed({{}, "The server asked for the connection to be closed.", false});
}

void Peer::closed(net::LinkFailure failure) {
  const std::string why = failure.text.empty() ? "The server closed the connection."
                                               : identity_.mask.text(sentence(failure.text));
  if (!closing_ && publish_ == Publish::moving && !relocation_ && fallBack(why)) return;
  retire();
  if (!closing_ && relocation_) return goOnWithout(why);
  lose(why);
}

void Peer::failConnect(DialFailure failure) {
  answer_timer_.cancel();
  state_ = closing_ ? ServerState::closed : ServerState::failed;
  publish_ = Publish::none;
  error_ = closing_ ? "The connection was closed before the server answered." : std::move(failure.error);
  if (!closing_) events_.connectionStatus(std::move(failure.status));
  host_.answered(*this);
  events_.publishChanged(*this);
  host_.ended(*this);
}

void Peer::lose(const std::string& why) {
  answer_timer_.cancel();
  dropRelocation();
  left_.clear();
  collectDrops(host_.scheduler().now());
  const bool ran = publishing();
  const bool asked = !settled();
  dropMedia();
  publish_ = Publish::none;
  state_ = closing_ ? ServerState::closed : ServerState::failed;
  if (!closing_) error_ = why;
  if (!closing_ && ran) events_.streamStatus(identity_.status(code::publish_lost, "error", why));
  if (!closing_ && asked) events_.streamStatus(identity_.status(code::publish_failed, "error", why));
  events_.connectionStatus(
      identity_.status(code::connect_closed, "status", closing_ ? "The connection was closed." : why));
  events_.publishChanged(*this);
  disconnect();
  host_.ended(*this);
}

void Peer::end(const std::string& why) {
  if (!closing_) closed({{}, why, false});
}

void Peer::giveUp(const char* code, const std::string& why) {
  retire();
  publish_ = Publish::none;
  events_.streamStatus(identity_.status(code, "error", why));
  lose(why);
}

void Peer::disconnect() {
  if (std::exchange(announced_, false)) events_.disconnected(*this);
}

void Peer::retire() {
  dialer_.reset();
  if (!connection_) return;
  collectDrops(host_.scheduler().now());
  earlier_ += connection_->sent();
  link_stats_ = {};
  link_stats_at_ = {};
  PeerConnection::retire(std::move(connection_));
}

void Peer::awaitPublish(std::chrono::milliseconds patience) {
  answer_timer_ = host_.scheduler().after(patience, [this, patience] { noPublishAnswer(patience); });
}

void Peer::noPublishAnswer(std::chrono::milliseconds patience) {
  const std::string why = "The server did not answer publish within " +
                          std::to_string(std::chrono::duration_cast<std::chrono::seconds>(patience).count()) +
                          " seconds.";
  if (publish_ == Publish::moving && fallBack(why)) return;
  const bool ran = publishing();
  refusePublish(identity_.status(ran ? code::publish_lost : code::publish_failed, "error", why), why);
  // A late Publish.Start would hold the name.
  if (connection_) connection_->unpublish();
}

rtmp::Error Peer::sendSharedObject(rtmp::SharedObjectMessage message) {
  if (!connected()) return rtmp::Error::unexpected_command;
  return connection_->sendSharedObject(std::move(message));
}

std::unique_ptr<Dialer> Peer::makeDialer(DialerEvents& events) {
  return std::make_unique<Dialer>(target_, options_, identity_, host_, events);
}

void Peer::sayConnection(Status status) {
  if (statuses_.take(host_.scheduler().now())) events_.connectionStatus(std::move(status));
}

}  // namespace multiconn::client
