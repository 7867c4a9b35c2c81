#include "client/dialer.hpp"

#include <algorithm>
#include <utility>

#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// TCP asks again after 1 and 3 seconds; a new attempt asks at once, after a new look-up. A server that is
// merely far away must be reached in the end: each attempt that nobody answers doubles the next one's
// patience, within a limit: a server that has got another address is looked for at the old one meanwhile.
constexpr std::chrono::milliseconds least_for_tcp{3000}, most_for_tcp{60000}, most_doubled{12000};

std::chrono::milliseconds patienceForTcp(std::chrono::milliseconds dead_after, unsigned mute_attempts) {
  if (dead_after <= std::chrono::milliseconds::zero()) return {};
  const auto first = std::clamp(dead_after, least_for_tcp, most_for_tcp);
  return std::max(first, std::min(first * (1 << std::min(mute_attempts, 2U)), most_doubled));
}

}  // namespace

Dialer::Dialer(Target target, const ConnectOptions& options, PeerIdentity& identity, DialHost& host,
               DialerEvents& events)
    : target_(std::move(target)),
      options_(options),
      identity_(identity),
      host_(host),
      events_(events),
      redirects_(options.follow_redirects) {}

Dialer::~Dialer() {
  PeerConnection::retire(std::move(connection_));
}

void Dialer::dial(std::optional<rtmp::PublishRequest> pipelined, std::chrono::milliseconds patience,
                  unsigned mute_attempts) {
  connect_patience_ = patienceForTcp(options_.dead_after, mute_attempts);
  deadline_ = host_.scheduler().after(patience, [this, patience] {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(patience).count();
    fail("The server did not answer connect within " + std::to_string(seconds) + " seconds.");
  });
  if (!target_.pipelining) pipelined.reset();
  open(std::move(pipelined));
}

// The process may take its time to answer connect: its kernel acknowledges meanwhile.
void Dialer::tick(rtmp::TimePoint now, std::chrono::microseconds round_trip) {
  if (!connection_ || options_.dead_after <= std::chrono::milliseconds::zero()) return;
  const net::LinkStats& latest = figures_.of(connection_.get(), now, DeadPeer::figures_age);
  const rtmp::Duration silence = dead_peer_.silence(figures_.hadAt(), latest, connection_->queued());
  if (silence < DeadPeer::limit(options_.dead_after, latest, round_trip)) return;
  fail(DeadPeer::describe(silence, latest));
}

void Dialer::unpublish() {
  if (connection_) connection_->unpublish();
}

void Dialer::open(std::optional<rtmp::PublishRequest> pipelined) {
  dropConnection();
  PeerConnectionEvents& events = *this;
  net::LinkTarget to = target_.link;
  to.dead_after = options_.dead_after;
  to.connect_patience = connect_patience_;
  connection_ =
      std::make_unique<PeerConnection>(host_.scheduler(), host_.makeLink(to), connectRequest(), events);
  figures_.restart();
  dead_peer_.restart(host_.scheduler().now());
  connection_->open(std::move(pipelined));
}

rtmp::ConnectRequest Dialer::connectRequest() const {
  rtmp::ConnectRequest request;
  request.app = target_.link.url.app + login_parameters_;
  request.tc_url = target_.link.url.tcUrl() + login_parameters_;
  request.flash_version = options_.flash_version;
  request.amf3 = options_.amf3;
  request.follows_redirects = options_.follow_redirects;
  return request;
}

void Dialer::happened(rtmp::ClientEvent& event) {
  std::visit([this](auto& what) { on(what); }, event);
}

void Dialer::on(rtmp::client_event::Connected& event) {
  deadline_.cancel();
  events_.dialed(std::move(connection_), event);
}

void Dialer::on(rtmp::client_event::ConnectFailed& event) {
  if (const auto challenge = rtmp::parseAuthChallenge(event.status.description))
    return logIn(*challenge, event);
  if (event.redirect) return follow(event);
  if (retryWithoutPipelining()) return;
  const bool no_such_app = event.status.code == "NetConnection.Connect.InvalidApp";
  reject(event.status, {}, no_such_app ? Retry::is_useless : Retry::may_help);
}

void Dialer::on(rtmp::client_event::StatusReceived& event) {
  events_.dialStatus(identity_.serverStatus(event.status, ""));
}

void Dialer::on(rtmp::client_event::Called& event) {
  connection_->callFailed(event.transaction, "There is no such method.");
}

void Dialer::on(rtmp::client_event::CloseRequested&) {
  fail("The server asked for the connection to be closed.");
}

void Dialer::closed(net::LinkFailure failure) {
  if (!failure.final && retryWithoutPipelining()) return;
  const std::string why = failure.text.empty() ? "The server closed the connection."
                                               : identity_.mask.text(sentence(failure.text));
  fail({identity_.status(code::connect_failed, "error", why), why, failure.final, failure.mute});
}

// nginx-rtmp with a connect hook answers createStream before connect and then closes; others may dislike
// commands that come too early in other ways. Only worth another connection if the commands can have reached
// the server.
bool Dialer::retryWithoutPipelining() {
  if (!connection_->pipelined() || !connection_->wasOpened()) return false;
  target_.pipelining = false;
  open({});
  return true;
}

void Dialer::follow(const rtmp::client_event::ConnectFailed& event) {
  identity_.mask.addFromServer(event.redirect->url, false);
  Hop hop = redirects_.follow(target_, *event.redirect);
  hop.masked_url = identity_.mask.text(hop.masked_url);
  const std::string where = "redirects to " + hop.masked_url;
  // A balancer may name one that does not redirect.
  const bool named_by_balancer = target_.question && !options_.follow_redirects;
  if (!hop.target)
    return reject(event.status, " It " + where + ", which is not followed, " + hop.refusal + ".",
                  hop.final && !named_by_balancer ? Retry::is_useless : Retry::may_help);
  target_ = std::move(*hop.target);
  redirected_to_ = hop.masked_url;
  if (target_.redirected_stream) identity_.mask.addFromServer(*target_.redirected_stream, true);
  login_ = Login();
  login_parameters_.clear();
  events_.dialStatus(identity_.status(code::connect_redirected, "status", "The server " + where + "."));
  open({});
}

// Whoever gets an answer may try passwords on it at leisure: only the host that the credentials were given
// for does.
void Dialer::logIn(const rtmp::AuthChallenge& challenge, const rtmp::client_event::ConnectFailed& event) {
  const std::string& host = target_.link.url.host;
  if (!sameHost(host, target_.login_host))
    return reject(event.status,
                  " It wants a login, but was only redirected to; credentials go to no other host than the "
                  "destination's.",
                  Retry::is_useless);
  const auto credentials = target_.credentials ? target_.credentials : host_.credentials(identity_.id, host);
  if (!credentials || credentials->user.empty())
    return reject(event.status, " It wants a login: give the destination a user and a password.",
                  Retry::is_useless);
  Login::Step step =
      login_.next(challenge, *credentials, target_.link.url.app, host_.nonce(), identity_.mask);
  if (!step.refusal.empty()) return reject(event.status, " " + step.refusal, Retry::is_useless);
  login_parameters_ = std::move(step.parameters);
  open({});
}

void Dialer::reject(const rtmp::StatusInfo& status, const std::string& addition, Retry retry) {
  Status failure = identity_.serverStatus(status, code::connect_rejected);
  if (!addition.empty()) failure.description = sentence(failure.description) + addition;
  const std::string error = "The server rejected the connection: " + saying(failure);
  fail({std::move(failure), error, retry == Retry::is_useless});
}

void Dialer::fail(const std::string& why, Retry retry) {
  fail({identity_.status(code::connect_failed, "error", why), why, retry == Retry::is_useless});
}

void Dialer::fail(DialFailure failure) {
  deadline_.cancel();
  dropConnection();
  if (!redirected_to_.empty()) {
    const std::string where = "At " + redirected_to_ + ", where it was redirected to: ";
    failure.status.description = where + failure.status.description;
    failure.error = where + failure.error;
  }
  events_.dialFailed(std::move(failure));
}

void Dialer::dropConnection() {
  if (connection_) wasted_ += connection_->sent();
  PeerConnection::retire(std::move(connection_));
}

}  // namespace multiconn::client
