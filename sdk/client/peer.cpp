#include "client/peer.hpp"

#include <algorithm>
#include <utility>

#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

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
  if (target.credentials)
    for (const std::string* secret : {&target.credentials->user, &target.credentials->password})
      identity.mask.add(*secret);
  if (target.stream) identity.mask.addWithQuery(*target.stream, true);
  return identity;
}

}  // namespace

Peer::Peer(ServerId id, Target target, const ConnectOptions& options, PeerHost& host, PeerEvents& events)
    : identity_(identityOf(id, target)),
      destination_(std::move(target)),
      target_(destination_),
      options_(options),
      host_(host),
      events_(events),
      spare_(target_.standby),
      silent_(spare_),
      statuses_(statuses_per_second),
      calls_(calls_per_second),
      bounds_{options.queue_bytes, options.queue_age, false},
      redirects_(options.follow_redirects),
      comeback_(options.reconnect) {
  destination_.link.dead_after = target_.link.dead_after = options.dead_after;
}

void Peer::connect(rtmp::TimePoint called_at) {
  called_at_ = called_at;
  if (!target_.error.empty())
    return failConnect({identity_.status(code::connect_failed, "error", target_.error), target_.error, true});
  if (!target_.unknown()) return dial();
  const auto& balancers = target_.question->balancers;
  if (target_.link.tls.insecure && std::any_of(balancers.begin(), balancers.end(), isHttps))
    warnOfInsecurity("The balancer's");
  host_.lookUp(*this, attemptPatience());
}

void Peer::found(const FoundServer& server) {
  if (gone() || closing_ || !target_.unknown()) return;
  target_ = foundTarget(target_, server);
  identity_.url = target_.masked_url;
  sayConnection(identity_.status(code::connect_found, "status", "A balancer has named this server."));
  host_.located(*this);
  dial();
}

void Peer::notFound(const std::string& why, bool final) {
  if (gone() || closing_ || !target_.unknown()) return;
  attemptFailed({identity_.status(code::connect_failed, "error", why), why, final});
}

void Peer::dial() {
  const bool insecure = target_.link.url.secure() && target_.link.tls.insecure;
  if (insecure && comeback_.backoff.attempts() == 0) warnOfInsecurity("The server's");
  DialerEvents& events = *this;
  dialer_ = std::make_unique<Dialer>(target_, options_, identity_, host_, events);
  dialer_->dial(publish_ == Publish::wanted ? std::optional(request()) : std::nullopt, attemptPatience(),
                mute_attempts_);
}

void Peer::warnOfInsecurity(const std::string& whose) {
  events_.connectionStatus(
      identity_.status(code::connect_insecure, "warning",
                       whose + " certificate is not verified: anyone on the way may listen and change."));
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
  dropRelocation();
  left_.dropMedia();
  retire();
  if (!answered_) return failConnect({});
  lose({});
}

void Peer::happened(rtmp::ClientEvent& event) {
  std::visit([this](auto& what) { on(what); }, event);
}

void Peer::dialed(std::unique_ptr<PeerConnection> connection, rtmp::client_event::Connected& event) {
  target_ = dialer_->target();
  destination_.pipelining = target_.pipelining;
  earlier_ += dialer_->wasted();
  dialer_.reset();
  mute_attempts_ = 0;
  adopt(std::move(connection));
  state_ = ServerState::connected;
  error_.clear();
  if (!connect_time_) connect_time_ = since(called_at_, host_.scheduler().now());
  events_.connectionStatus(identity_.serverStatus(event.status, code::connect_success));
  answer();
  if (publish_ == Publish::wanted && connection_->pipelined()) {
    publish_ = Publish::requested;
    awaitPublish(attemptPatience());
  } else if (publish_ == Publish::wanted) {
    requestPublish();
  }
  prepare();
  announce();
}

void Peer::dialFailed(DialFailure failure) {
  destination_.pipelining = dialer_->target().pipelining;
  earlier_ += dialer_->wasted();
  dialer_.reset();
  attemptFailed(std::move(failure));
}

void Peer::answer() {
  if (!std::exchange(answered_, true)) host_.answered(*this);
}

// To target_. What another server refuses says nothing of this one.
void Peer::adopt(std::unique_ptr<PeerConnection> connection) {
  const std::string server = target_.link.url.host + ":" + std::to_string(target_.link.url.port);
  if (std::exchange(frame_limit_of_, server) != server) frame_limit_ = {};
  connection_ = std::move(connection);
  PeerConnectionEvents& events = *this;
  connection_->tell(events);
  connection_->bounds(bounds_);
  figures_.restart();
  pending_request_.reset();
  adopted_at_ = host_.scheduler().now();
  dead_peer_.restart(adopted_at_);
  ++connection_number_;
}

void Peer::announce() {
  if (!connection_) return;
  announced_ = true;
  events_.connected(*this);
}

// Without its publish, a connection is still one.
void Peer::stand() {
  if (state_ == ServerState::publishing || (reconnecting() && connection_)) state_ = ServerState::connected;
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
  end("The server asked for the connection to be closed.");
}

void Peer::closed(net::LinkFailure failure) {
  const std::string why = failure.text.empty() ? "The server closed the connection."
                                               : identity_.mask.text(sentence(failure.text));
  const auto long_frame = connection_->longFrame();
  const rtmp::TimePoint now = host_.scheduler().now();
  const bool refused = !closing_ && frame_limit_.ended(long_frame, connection_->longestTaken(), now);
  connectionEnded(why);
  if (refused && state_ != ServerState::failed) sayLeftOut(long_frame->bytes);
}

void Peer::end(const std::string& why) {
  if (!closing_) connectionEnded(why);
}

void Peer::connectionEnded(const std::string& why) {
  if (!closing_ && publish_ == Publish::moving && !relocation_ && fallBack(why)) return;
  retire();
  if (!closing_ && relocation_) return goOnWithout(why);
  lose(why);
}

void Peer::giveUp(const char* code, const std::string& why) {
  retire();
  lose(why, code);
}

void Peer::disconnect() {
  if (std::exchange(announced_, false)) events_.disconnected(*this);
}

void Peer::retire() {
  dialer_.reset();
  if (!connection_) return;
  collectDrops(host_.scheduler().now());
  earlier_ += connection_->sent();
  unconfirmed_ = unconfirmed();
  // The end of its last publish may not have come through.
  if (std::exchange(said_goodbye_, false) && !connection_->idle()) may_hold_name_ = true;
  figures_.restart();
  PeerConnection::retire(std::move(connection_));
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

void Peer::sayStream(Status status) {
  if (statuses_.take(host_.scheduler().now())) events_.streamStatus(std::move(status));
}

}  // namespace multiconn::client
