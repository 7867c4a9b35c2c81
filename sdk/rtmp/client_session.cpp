#include "rtmp/client_session.hpp"

#include <algorithm>
#include <utility>

#include "rtmp/command_arguments.hpp"

namespace multiconn::rtmp {
namespace {

AmfValue connectObject(const ConnectRequest& request);
bool concernsConnect(const StatusInfo& status);

}  // namespace

ClientReaction ClientSession::connect(std::optional<PublishRequest> pipelined) {
  ClientReaction reaction;
  if (state_ != State::idle) return reaction;
  state_ = State::connecting;
  send(reaction, 0, "connect", connectObject(request_), request_.arguments, {Pending::connect});
  if (pipelined) {
    publish_ = Publish{std::move(*pipelined)};
    requestPublishStream(reaction);
  }
  return reaction;
}

ClientReaction ClientSession::handle(const Message& message) {
  ClientReaction reaction;
  if (state_ == State::idle || state_ == State::failed) return reaction;
  if (const auto* content = std::get_if<Command>(&message.body)) {
    handleCommand(message, *content, reaction);
  } else if (const auto* control = std::get_if<UserControl>(&message.body)) {
    if (control->event == UserControl::Event::stream_eof && plays_.contains(control->value)) {
      reaction.events.push_back(client_event::StreamEnded{control->value});
    }
  } else if (const auto* shared = std::get_if<SharedObjectMessage>(&message.body)) {
    if (connected()) reaction.events.push_back(client_event::SharedObjectReceived{*shared});
  } else {
    handleMedia(message, reaction);
  }
  return reaction;
}

// Transactions whose answers change nothing are not kept: many servers never answer them. 0: too many wait
// already.
double ClientSession::send(ClientReaction& reaction, std::uint32_t stream_id, std::string_view name,
                           AmfValue object, std::vector<AmfValue> arguments, PendingCall pending) {
  const bool kept = pending.what != Pending::ignored;
  if (kept && pending_.size() >= limits_.max_pending_calls) return 0;
  const double transaction = calls_.takeTransaction();
  if (kept) pending_.emplace(transaction, std::move(pending));
  reaction.send.push_back(command(stream_id, name, transaction, std::move(object), std::move(arguments)));
  return transaction;
}

void ClientSession::handleCommand(const Message& message, const Command& command, ClientReaction& reaction) {
  if (command.name == "_result") return handleResult(command, true, reaction);
  if (command.name == "_error") return handleResult(command, false, reaction);
  if (command.name == "onStatus") return handleStatus(message, command, reaction);
  handleCall(command, reaction);
}

void ClientSession::handleResult(const Command& command, bool ok, ClientReaction& reaction) {
  if (handleCallAnswer(command, ok, reaction)) return;
  const auto found = pending_.find(command.transaction);
  if (found == pending_.end()) return;
  const PendingCall call = std::move(found->second);
  pending_.erase(found);
  const StatusInfo status = statusInfo(firstArgument(command.arguments), limits_);
  switch (call.what) {
    case Pending::connect:
      return handleConnectResult(command, ok, reaction);
    case Pending::publish_stream:
    case Pending::play_stream:
      return handleStreamCreated(call, command, ok, reaction);
    case Pending::publish:
      return ok ? startPublish(status, reaction) : failPublish(status, reaction);
    case Pending::play:
      return ok ? startPlay(call.stream_id, status, reaction) : failPlay(call.stream_id, status, reaction);
    case Pending::ignored:
      return;
  }
}

// Red5 leaves the properties null and puts everything into the info object.
void ClientSession::handleConnectResult(const Command& command, bool ok, ClientReaction& reaction) {
  if (state_ != State::connecting) return;
  StatusInfo status = statusInfo(firstArgument(command.arguments), limits_);
  if (!ok || status.isError()) return failConnect(std::move(status), reaction);
  state_ = State::connected;
  const AmfObject* info = status.info.object();
  amf3_ = request_.amf3 && info && info->numberOr("objectEncoding", 0) == 3;
  if (status.code.empty()) status.code = "NetConnection.Connect.Success";
  if (status.level.empty()) status.level = "status";
  reaction.events.push_back(client_event::Connected{std::move(status), command.object});
  resumePublish(reaction);
}

void ClientSession::failConnect(StatusInfo status, ClientReaction& reaction) {
  state_ = State::failed;
  pending_.clear();
  publish_.reset();
  auto redirect = redirectIn(status);
  reaction.events.push_back(client_event::ConnectFailed{std::move(status), std::move(redirect)});
}

void ClientSession::handleStreamCreated(const PendingCall& call, const Command& command, bool ok,
                                        ClientReaction& reaction) {
  const auto id = ok ? CommandArguments(command.arguments).streamId(0) : std::nullopt;
  StatusInfo failure = statusInfo(firstArgument(command.arguments), limits_);
  if (ok)
    failure = statusInfo(makeInfo("error", "NetConnection.Call.Failed", "createStream gave no stream id"));
  if (call.what == Pending::publish_stream) {
    handlePublishStream(id, std::move(failure), reaction);
  } else {
    handlePlayStream(call, id, std::move(failure), reaction);
  }
}

// An onStatus says by its message stream whom it concerns; a few servers send all of them on message stream
// 0.
void ClientSession::handleStatus(const Message& message, const Command& command, ClientReaction& reaction) {
  if (command.arguments.empty() || !command.arguments.front().object()) return;
  StatusInfo status = statusInfo(command.arguments.front(), limits_);
  if (state_ == State::connecting && concernsConnect(status) && status.isError()) {
    return failConnect(std::move(status), reaction);
  }
  if (connected() && handleRedirect(status, reaction)) return;
  if (handlePublishStatus(message.stream_id, status, reaction)) return;
  if (handlePlayStatus(message.stream_id, status, reaction)) return;
  reaction.events.push_back(client_event::StatusReceived{message.stream_id, std::move(status)});
}

// Bandwidth tests of Flash Media Server take any value for an answer; onBWDone and the onFC... notices need
// none, and onFCPublish in particular does not mean that the publish holds.
void ClientSession::handleCall(const Command& call, ClientReaction& reaction) {
  const std::string& name = call.name;
  if (name == "onBWDone" || name == "_onbwdone" || name.starts_with("onFC")) return;
  if (name == "close") {
    reaction.events.push_back(client_event::CloseRequested{});
  } else if (name == "ping") {
    reaction.send.push_back(command(0, "pong", call.transaction, nullptr));
  } else if (name == "_onbwcheck" || name == "onBWCheck") {
    reaction = result(call.transaction, ++bandwidth_checks_);
  } else {
    reaction.events.push_back(client_event::Called{name, call.transaction, call.arguments});
  }
}

namespace {

constexpr std::string_view encoder_version = "FMLE/3.0 (compatible; FMSc/1.0)";
constexpr std::string_view player_version = "LNX 9,0,124,2";

constexpr int caps_reconnect = 1;  // Enhanced RTMP v2, "Enhancing NetConnection connect Command"

// What OBS sends: Wowza and Akamai recognise an encoder, which has to authenticate, by type and flashVer.
// capsEx is ours: a ReconnectRequest is followed.
AmfObject encoderObject(const ConnectRequest& request) {
  const std::string_view version = request.flash_version.empty() ? encoder_version : request.flash_version;
  AmfObject object{{"app", request.app},
                   {"type", "nonprivate"},
                   {"flashVer", version},
                   {"swfUrl", request.tc_url},
                   {"tcUrl", request.tc_url}};
  if (request.follows_redirects) object.set("capsEx", caps_reconnect);
  return object;
}

// Servers decide by fourCcList what they may send to a player (Enhanced RTMP v1, "Enhancing NetConnection
// connect").
AmfObject playerObject(const ConnectRequest& request) {
  const std::string_view version = request.flash_version.empty() ? player_version : request.flash_version;
  return {{"app", request.app},
          {"flashVer", version},
          {"tcUrl", request.tc_url},
          {"fpad", false},
          {"capabilities", 15},
          {"audioCodecs", 0xFFF},
          {"videoCodecs", 0xFF},
          {"videoFunction", 1},
          {"fourCcList",
           AmfArray{"av01", "vp09", "vp08", "hvc1", "avc1", "Opus", "fLaC", "ac-3", "ec-3", ".mp3", "mp4a"}}};
}

AmfValue connectObject(const ConnectRequest& request) {
  AmfObject object = request.encoder ? encoderObject(request) : playerObject(request);
  if (request.amf3) object.set("objectEncoding", 3);
  // Last: a server that reads fields by their place, or stops at one it does not know, has had the others.
  if (request.follows_redirects) object.set("multiconn", 1);
  return object;
}

bool concernsConnect(const StatusInfo& status) {
  return status.code.starts_with("NetConnection.");
}

}  // namespace
}  // namespace multiconn::rtmp
