#include "origin/client_membership.hpp"

#include <span>
#include <utility>

#include "origin/application_instance.hpp"
#include "origin/client_connection.hpp"
#include "origin/client_record.hpp"
#include "origin/pending_reply.hpp"
#include "origin/server_context.hpp"
#include "rtmp/amf0.hpp"

namespace multiconn::origin {
namespace {

constexpr const char* rejected = "NetConnection.Connect.Rejected";

AmfValue redirection(const std::string& url) {
  return AmfObject{{"code", 302}, {"redirect", url}};
}

// Refusals are sent before AMF3 can have been agreed upon.
bool isSendable(const AmfValue& value) {
  rtmp::Bytes scratch;
  return encodedSize(value) && rtmp::amf0::encode(std::span(&value, 1), scratch) == rtmp::Error::none;
}

std::string orElse(const std::string& text, const char* fallback) {
  return text.empty() ? fallback : text;
}

}  // namespace

ClientMembership::ClientMembership(ClientConnection& connection,
                                   std::unique_ptr<ApplicationDirectory::Stay> stay,
                                   std::shared_ptr<ClientRecord> record)
    : connection_(connection),
      stay_(std::move(stay)),
      record_(std::move(record)),
      objects_((*stay_)->objects(), connection.context().options.quotas, *this, *this) {}

ClientMembership::~ClientMembership() {
  leave();
}

// --- Connect

void ClientMembership::begin(const ConnectRequest& request) {
  ConnectDecision decision = application().connects(record_, request);
  if (state_ != State::asking) return;
  state_ = State::deciding;
  decide(std::move(decision));
}

void ClientMembership::decide(ConnectDecision decision) {
  switch (decision.kind) {
    case ConnectDecision::Kind::accept:
      return accept();
    case ConnectDecision::Kind::reject:
      return reject(decision.description, std::move(decision.application));
    case ConnectDecision::Kind::redirect:
      return redirect(decision.url, decision.description);
    case ConnectDecision::Kind::later:
      return;
  }
}

// What the application has called before is sent behind the acceptance, and before what the client has
// pipelined is looked at.
void ClientMembership::accept() {
  if (state_ != State::deciding) return;
  state_ = State::accepted;
  record_->connected = true;
  application().joined(*this);
  auto reaction = connection_.acceptConnect();
  connection_.perform({std::exchange(reaction.send, {}), {}, {}});
  for (Early& call : std::exchange(early_, {})) {
    sendCall(call.method, std::move(call.arguments), std::move(call.replied));
  }
  connection_.perform(std::move(reaction));
}

void ClientMembership::reject(const std::string& description, AmfValue application) {
  if (!isSendable(application)) application = AmfValue();
  turnAway(orElse(description, "The application refused the connection."), {}, std::move(application));
}

void ClientMembership::redirect(const std::string& url, const std::string& description) {
  turnAway(orElse(description, "Connect elsewhere."), redirection(url), {});
}

void ClientMembership::turnAway(const std::string& description, AmfValue ex, AmfValue application) {
  if (state_ != State::deciding) return;
  // It was never in: nobody hears of its end.
  state_ = State::over;
  connection_.perform(
      connection_.session().rejectConnect(rejected, description, std::move(ex), std::move(application)));
  connection_.end("turned away by the application", net::CloseMode::graceful);
  for (Early& call : std::exchange(early_, {}))
    failLater(std::move(call.replied), "The client was turned away.");
}

void ClientMembership::leave() {
  if (state_ == State::over) return;
  const bool was_in = state_ == State::accepted;
  state_ = State::over;
  record_->connected = false;
  objects_.leaveAll();
  if (was_in) application().left(*this);
  const ClientReply gone{false, {}, "The connection has ended."};
  for (const auto& [transaction, call] : std::exchange(waiting_, {})) tell(call.replied, gone);
  for (const Early& call : std::exchange(early_, {})) tell(call.replied, gone);
  application().disconnected(record_);
}

// --- Calls to the client

void ClientMembership::call(const std::string& method, std::vector<AmfValue> arguments, Replied replied) {
  const std::size_t most = connection_.context().options.quotas.client_calls;
  if (state_ == State::over) return failLater(std::move(replied), "The connection has ended.");
  if (state_ == State::accepted) return sendCall(method, std::move(arguments), std::move(replied));
  if (early_.size() >= most) return failLater(std::move(replied), "Too many calls wait.");
  early_.push_back({method, std::move(arguments), std::move(replied)});
}

void ClientMembership::sendCall(const std::string& method, std::vector<AmfValue> arguments, Replied replied) {
  const auto& options = connection_.context().options;
  if (replied && waiting_.size() >= options.quotas.client_calls) {
    return failLater(std::move(replied), "Too many calls wait for this client's replies.");
  }
  for (const AmfValue& argument : arguments) {
    if (!encodedSize(argument)) return failLater(std::move(replied), "An argument cannot be sent.");
  }
  double transaction = 0;
  rtmp::ServerReaction reaction;
  const bool wants_reply = static_cast<bool>(replied);
  const rtmp::Error error =
      connection_.session().call(method, std::move(arguments), wants_reply, transaction, reaction);
  if (error != rtmp::Error::none) return failLater(std::move(replied), make_error_code(error).message());
  if (wants_reply) {
    auto timer = connection_.context().scheduler.after(options.call_timeout,
                                                       [this, transaction] { timedOut(transaction); });
    waiting_[transaction] = {std::move(replied), std::move(timer)};
  }
  connection_.perform(std::move(reaction));
}

void ClientMembership::answered(const rtmp::server_event::CallAnswered& answer) {
  const auto call = waiting_.extract(answer.transaction);
  if (call.empty()) return;
  std::string description;
  if (!answer.ok) {
    const AmfObject* info = answer.value.object();
    description = orElse(std::string(info ? info->stringOr("description", {}) : std::string_view()),
                         "The client reported an error.");
  }
  tell(call.mapped().replied, {answer.ok, answer.value, std::move(description)});
}

void ClientMembership::timedOut(double transaction) {
  const auto call = waiting_.extract(transaction);
  if (call.empty()) return;
  connection_.session().forgetCall(transaction);
  tell(call.mapped().replied, {false, {}, "The client did not answer in time."});
}

// Never from inside the call that has failed.
void ClientMembership::failLater(Replied replied, std::string why) {
  if (!replied) return;
  connection_.context().scheduler.post(
      [weak = stay_->weak(), replied = std::move(replied), why = std::move(why)] {
        const auto instance = weak.lock();
        if (instance) instance->run("a reply's callback", [&] { replied({false, {}, why}); });
      });
}

void ClientMembership::tell(const Replied& replied, const ClientReply& reply) {
  if (replied) application().run("a reply's callback", [&] { replied(reply); });
}

void ClientMembership::requestReconnect(const std::string& url, const std::string& description) {
  if (state_ != State::accepted) return;
  AmfObject details;
  if (!url.empty()) details.set("tcUrl", url);
  connection_.perform(connection_.session().status(0, "status", "NetConnection.Connect.ReconnectRequest",
                                                   orElse(description, "Please connect again."), details));
}

// --- Calls of the client

void ClientMembership::called(const rtmp::server_event::Called& call) {
  if (!application().hasMethod(call.method)) {
    return connection_.perform(
        connection_.session().callFailed(call.transaction, "There is no such method."));
  }
  if (owed_replies_ >= connection_.context().options.quotas.client_calls) {
    return connection_.perform(
        connection_.session().callFailed(call.transaction, "Too many calls wait for their replies."));
  }
  ++owed_replies_;
  application().call(record_, call.method, call.arguments,
                     std::make_shared<PendingReply>(record_, call.transaction));
}

void ClientMembership::reply(double transaction, AmfValue value) {
  --owed_replies_;
  if (!encodedSize(value)) {
    return connection_.perform(connection_.session().callFailed(transaction, "The result cannot be sent."));
  }
  connection_.perform(connection_.session().result(transaction, std::move(value)));
}

void ClientMembership::failReply(double transaction, const std::string& description) {
  --owed_replies_;
  connection_.perform(
      connection_.session().callFailed(transaction, orElse(printable(description), "The method failed.")));
}

// --- Streams

bool ClientMembership::mayPublish(const rtmp::server_event::PublishRequested& request) {
  const StreamDecision decision =
      application().publishes(record_, {request.name, request.query, request.mode});
  if (decision.kind == StreamDecision::Kind::accept) return true;
  if (decision.kind == StreamDecision::Kind::redirect) {
    redirectStream(decision.url, request.name);
  } else {
    connection_.perform(connection_.session().rejectPublish(
        request.stream_id, orElse(decision.code, "NetStream.Publish.Denied"),
        orElse(decision.description, "The application refused it.")));
  }
  return false;
}

bool ClientMembership::mayPlay(const rtmp::server_event::PlayRequested& request) {
  const StreamDecision decision = application().plays(record_, {request.name, request.query, {}});
  if (decision.kind == StreamDecision::Kind::accept) return true;
  if (decision.kind == StreamDecision::Kind::redirect) {
    redirectStream(decision.url, request.name);
  } else {
    connection_.perform(
        connection_.session().rejectPlay(request.stream_id, orElse(decision.code, "NetStream.Play.Failed"),
                                         orElse(decision.description, "The application refused it.")));
  }
  return false;
}

// As SRS does it: on the connection that stands, which the client then leaves.
void ClientMembership::redirectStream(const std::string& url, const std::string& stream) {
  AmfValue ex = redirection(url);
  ex.object()->set("redirect2", url + "/" + stream);
  connection_.perform(connection_.session().status(0, "error", rejected, "RTMP 302 Redirect",
                                                   AmfObject{{"ex", std::move(ex)}}));
}

void StreamVisit::began() {
  if (kind_ != Kind::play || std::exchange(began_, true)) return;
  member_->application().playStarted(member_->record(), stream_);
}

StreamVisit::~StreamVisit() {
  auto& application = member_->application();
  if (kind_ == Kind::publish) {
    application.unpublished(member_->record(), stream_);
  } else if (began_) {
    application.stopped(member_->record(), stream_);
  }
}

// --- Shared objects

std::uint64_t ClientMembership::id() const {
  return record_->id;
}

bool ClientMembership::amf3() const {
  return connection_.session().amf3();
}

void ClientMembership::deliver(const rtmp::OutMessage& message) {
  connection_.sendObject(message);
}

void ClientMembership::spend(std::size_t work) {
  connection_.spend(work);
}

bool ClientMembership::mayRead(const std::string& object) {
  return application().mayRead(record_, object);
}

bool ClientMembership::mayWrite(const std::string& object, const std::string& slot) {
  return application().mayWrite(record_, object, slot);
}

}  // namespace multiconn::origin
