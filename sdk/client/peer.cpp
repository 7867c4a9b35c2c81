#include "client/peer.hpp"

#include <algorithm>

#include "client/sentence.hpp"
#include "client/status_codes.hpp"

namespace multiconn::client {

namespace {

// Setup is answered long before; this is how long a server may be late and still join.
constexpr std::chrono::seconds answer_patience{30};
// What is left of the 250 ms of a close belongs to the link.
constexpr std::chrono::milliseconds time_to_send_goodbye{40};

std::chrono::milliseconds since(rtmp::TimePoint then, rtmp::TimePoint now) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - then);
}

// "NetStream.Publish.BadName: The name is taken."
std::string saying(const Status& status) {
  return status.code + (status.description.empty() ? "." : ": " + sentence(status.description));
}

}  // namespace

Peer::Peer(ServerId id, Target target, const ConnectOptions& options, PeerHost& host)
    : id_(id),
      target_(std::move(target)),
      options_(options),
      host_(host),
      queue_({options.queue_bytes, options.queue_age, false}) {
  mask_.add(target_.link.url.user);
  mask_.add(target_.link.url.password);
  mask_.addWithQuery(target_.link.url.app, false);
  if (target_.stream) mask_.addWithQuery(*target_.stream, true);
}

void Peer::connect(rtmp::TimePoint called_at) {
  called_at_ = called_at;
  if (!target_.error.empty())
    return failConnect(status(code::connect_failed, "error", target_.error), target_.error);
  if (target_.link.url.secure() && target_.link.tls.insecure)
    host_.connectionStatus(
        status(code::connect_insecure, "warning",
               "The server's certificate is not verified: anyone on the way may listen and change."));
  awaitAnswer("connect");
  open();
}

void Peer::publish(const std::string& name, const std::string& mode, rtmp::TimePoint asked_at) {
  if (gone() || closing_) return;
  request_ = {target_.stream.value_or(name), mode};
  publish_asked_at_ = asked_at;
  mask_.addWithQuery(request_.stream, true);
  if (request_.stream.empty()) {
    const std::string why = "The stream name is empty: give this server's stream key.";
    return refusePublish(status(code::publish_failed, "error", why), why);
  }
  publish_ = Publish::wanted;
  if (state_ == ServerState::connected) requestPublish();
}

void Peer::unpublish() {
  if (state_ != ServerState::connecting) answer_timer_.cancel();
  dropMedia();
  publish_ = Publish::none;
  if (state_ == ServerState::publishing) state_ = ServerState::connected;
  if (connection_) react(connection_->session().unpublish());
}

void Peer::close() {
  if (closing_ || gone()) return;
  closing_ = true;
  answer_timer_.cancel();
  if (!connection_) {
    state_ = ServerState::closed;
    return host_.ended(*this);
  }
  if (!connection_->isOpen()) return connection_->link().close(net::CloseMode::abort);
  unpublish();
  closeWhenSent();
}

void Peer::abort() {
  if (gone()) return;
  closing_ = true;
  retire();
  if (state_ == ServerState::connecting) return failConnect({}, {});
  lose({});
}

void Peer::open() {
  rtmp::ConnectRequest request = connectRequest();
  PeerConnectionEvents& events = *this;
  connection_ = std::make_unique<PeerConnection>(host_.makeLink(target_.link), std::move(request), events);
  pipelined_ = pipelining_ && publish_ == Publish::wanted;
  if (pipelined_) publish_ = Publish::requested;
  connection_->open(pipelined_ ? std::optional(request_) : std::nullopt);
}

rtmp::ConnectRequest Peer::connectRequest() const {
  rtmp::ConnectRequest request;
  request.app = target_.link.url.app;
  request.tc_url = target_.link.url.tcUrl();
  request.flash_version = options_.flash_version;
  return request;
}

void Peer::requestPublish() {
  publish_ = Publish::requested;
  awaitAnswer("publish");
  react(connection_->session().publish(request_));
}

void Peer::react(rtmp::ClientReaction reaction) {
  answer(std::move(reaction.send));
  for (rtmp::ClientEvent& event : reaction.events)
    if (connection_) happened(event);
}

// Commands are never dropped, and a server makes us answer as often as it likes: one that does not take the
// answers must not fill the memory with them.
void Peer::answer(std::vector<rtmp::OutMessage> commands) {
  const rtmp::TimePoint now = host_.scheduler().now();
  for (rtmp::OutMessage& command : commands) {
    if (command_bytes_ > rtmp::Limits().max_waiting_commands) break;
    transmit({std::move(command), rtmp::QueuedMessage::Class::control, FrameKind::key, now});
  }
  if (command_bytes_ > rtmp::Limits().max_waiting_commands && !closing_)
    end("The server goes on calling and does not read the answers; it was given up.");
}

void Peer::happened(rtmp::ClientEvent& event) {
  std::visit([this](auto& what) { on(what); }, event);
}

void Peer::on(rtmp::client_event::Connected& event) {
  if (closing_) return;
  answer_timer_.cancel();
  state_ = ServerState::connected;
  connect_time_ = since(called_at_, host_.scheduler().now());
  host_.connectionStatus(serverStatus(event.status, code::connect_success));
  host_.answered(*this);
  if (publish_ == Publish::wanted) return requestPublish();
  if (publish_ == Publish::requested) awaitAnswer("publish");
}

void Peer::on(rtmp::client_event::ConnectFailed& event) {
  if (closing_) return;
  if (retryWithoutPipelining()) return;
  if (event.redirect) mask_.addWithQuery(*event.redirect, false);
  Status failure = serverStatus(event.status, code::connect_rejected);
  if (event.redirect)
    failure.description = sentence(failure.description) + " It redirects to " +
                          mask_.text(rtmp::maskUrl(*event.redirect, false)) + ", which is not followed.";
  const std::string error = "The server rejected the connection: " + saying(failure);
  retire();
  failConnect(std::move(failure), error);
}

void Peer::on(rtmp::client_event::PublishStarted& event) {
  if (publish_ != Publish::requested) return;
  answer_timer_.cancel();
  publish_ = Publish::publishing;
  state_ = ServerState::publishing;
  stream_id_ = event.stream_id;
  error_.clear();
  progress_at_ = host_.scheduler().now();
  publish_time_ = since(std::max(called_at_, publish_asked_at_), progress_at_);
  host_.streamStatus(serverStatus(event.status, code::publish_start));
  host_.publishChanged(*this);
}

void Peer::on(rtmp::client_event::PublishFailed& event) {
  if (settled() && !publishing()) return;
  const bool ran = publishing();
  Status failure = serverStatus(event.status, code::publish_failed);
  const std::string why =
      (ran ? "The server ended the stream: " : "The server refused the stream: ") + saying(failure);
  refusePublish(std::move(failure), why);
  if (ran) host_.streamStatus(status(code::publish_lost, "error", why));
}

// A server that refuses the stream is still connected.
void Peer::refusePublish(Status failure, std::string error) {
  if (state_ != ServerState::connecting) answer_timer_.cancel();
  dropMedia();
  publish_ = Publish::refused;
  if (state_ == ServerState::publishing) state_ = ServerState::connected;
  error_ = std::move(error);
  host_.streamStatus(std::move(failure));
  host_.publishChanged(*this);
}

void Peer::on(rtmp::client_event::StatusReceived& event) {
  Status received = serverStatus(event.status, "");
  if (event.stream_id != 0 || received.code.starts_with("NetStream."))
    return host_.streamStatus(std::move(received));
  host_.connectionStatus(std::move(received));
}

// Nobody listens to calls yet; null keeps a server from waiting for the answer.
void Peer::on(rtmp::client_event::Called& event) {
  react(connection_->session().result(event.transaction, nullptr));
}

void Peer::on(rtmp::client_event::CloseRequested&) {
  if (!closing_) end("The server asked for the connection to be closed.");
}

void Peer::closed(net::LinkFailure failure) {
  if (state_ == ServerState::connecting && !failure.final && retryWithoutPipelining()) return;
  retire();
  const std::string why =
      failure.text.empty() ? "The server closed the connection." : mask_.text(sentence(failure.text));
  if (state_ != ServerState::connecting) return lose(why);
  failConnect(status(code::connect_failed, "error", why), why);
}

// nginx-rtmp with a connect hook answers createStream before connect and then closes; others may dislike
// commands that come too early in other ways. Only worth another connection if the commands can have reached
// the server.
bool Peer::retryWithoutPipelining() {
  if (!pipelined_ || closing_ || !pipelining_) return false;
  const bool reached = connection_ && connection_->wasOpened();
  if (!reached) return false;
  pipelining_ = false;
  retire();
  if (publish_ == Publish::requested) publish_ = Publish::wanted;
  open();
  return true;
}

void Peer::failConnect(Status failure, std::string error) {
  answer_timer_.cancel();
  state_ = closing_ ? ServerState::closed : ServerState::failed;
  publish_ = Publish::none;
  error_ = closing_ ? "The connection was closed before the server answered." : std::move(error);
  if (!closing_) host_.connectionStatus(std::move(failure));
  host_.answered(*this);
  host_.publishChanged(*this);
  host_.ended(*this);
}

void Peer::lose(const std::string& why) {
  answer_timer_.cancel();
  const bool ran = publishing();
  const bool asked = !settled();
  publish_ = Publish::none;
  state_ = closing_ ? ServerState::closed : ServerState::failed;
  if (!closing_) error_ = why;
  if (!closing_ && ran) host_.streamStatus(status(code::publish_lost, "error", why));
  if (!closing_ && asked) host_.streamStatus(status(code::publish_failed, "error", why));
  host_.connectionStatus(
      status(code::connect_closed, "status", closing_ ? "The connection was closed." : why));
  host_.publishChanged(*this);
  host_.ended(*this);
}

void Peer::end(const std::string& why) {
  retire();
  if (state_ == ServerState::connecting) return failConnect(status(code::connect_failed, "error", why), why);
  lose(why);
}

void Peer::giveUp(const char* code, const std::string& why) {
  retire();
  publish_ = Publish::none;
  host_.streamStatus(status(code, "error", why));
  lose(why);
}

// Links must not be destroyed inside their own events.
void Peer::retire() {
  close_timer_.cancel();
  queue_.clear();
  command_bytes_ = 0;
  if (!connection_) return;
  earlier_bytes_ += connection_->link().stats().bytes_sent;
  link_stats_ = {};
  connection_->silence();
  host_.scheduler().post([retired = std::shared_ptr<PeerConnection>(std::move(connection_))] {});
}

void Peer::awaitAnswer(const char* what) {
  answer_timer_ = host_.scheduler().after(answer_patience, [this, what] { noAnswer(what); });
}

void Peer::noAnswer(const char* what) {
  const std::string why = std::string("The server did not answer ") + what + " within 30 seconds.";
  if (state_ == ServerState::connecting) return end(why);
  refusePublish(status(code::publish_failed, "error", why), why);
  // A late Publish.Start would hold the name.
  if (connection_) react(connection_->session().unpublish());
}

void Peer::closeWhenSent() {
  if (queue_.empty()) return connection_->link().close(net::CloseMode::graceful);
  close_timer_ = host_.scheduler().after(time_to_send_goodbye,
                                         [this] { connection_->link().close(net::CloseMode::graceful); });
}

Status Peer::status(const char* code, const char* level, std::string description) const {
  return {code, level, std::move(description), id_, target_.masked_url, {}};
}

Status Peer::serverStatus(const rtmp::StatusInfo& info, const char* fallback_code) const {
  Status status =
      this->status(fallback_code, info.isError() ? "error" : "status", mask_.text(info.description));
  if (!info.code.empty()) status.code = info.code;
  if (!info.level.empty()) status.level = info.level;
  status.info = mask_.value(info.info);
  return status;
}

}  // namespace multiconn::client
