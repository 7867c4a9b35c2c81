#include "rtmp/server_session.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "rtmp/amf0.hpp"
#include "rtmp/command_arguments.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::rtmp {
namespace {

AmfValue connectProperties();
bool isAmf0(const AmfValue& value);

}  // namespace

ServerReaction ServerSession::handle(const Message& message) {
  ServerReaction reaction;
  if (const auto* command = std::get_if<Command>(&message.body)) {
    handleCommand(message, *command, reaction);
    return reaction;
  }
  if (const auto* shared = std::get_if<SharedObjectMessage>(&message.body)) {
    handleSharedObject(message, *shared, reaction);
    return reaction;
  }
  const bool media = std::holds_alternative<Audio>(message.body) ||
                     std::holds_alternative<Video>(message.body) ||
                     std::holds_alternative<Data>(message.body);
  const auto stream = streams_.find(message.stream_id);
  if (media && stream != streams_.end() && stream->second.use == Use::publishing) {
    reaction.events.push_back(server_event::MediaReceived{message});
  }
  return reaction;
}

// The order in which Flash Media Server says it. MediaMTX's AMF reader knows neither undefined nor dates:
// none are sent.
ServerReaction ServerSession::acceptConnect() {
  ServerReaction reaction;
  if (state_ != State::deciding) return reaction;
  state_ = State::connected;
  const auto send = [&](const Message& message) { reaction.send.push_back(*encode(message)); };
  send({.body = WindowAckSize{limits_.own_ack_window}});
  send({.body = SetPeerBandwidth{limits_.own_ack_window, SetPeerBandwidth::LimitType::dynamic}});
  reaction.send.push_back(control(UserControl::Event::stream_begin, 0));

  AmfValue info = makeInfo("status", "NetConnection.Connect.Success", "Connection succeeded.");
  info.object()->set("objectEncoding", amf3_ ? 3 : 0);
  reaction.send.push_back(
      command(0, "_result", connect_transaction_, connectProperties(), {std::move(info)}));
  reaction.send.push_back(command(0, "onBWDone", 0, nullptr));
  handleWaiting(reaction);
  return reaction;
}

ServerReaction ServerSession::rejectConnect(std::string_view code, std::string_view description, AmfValue ex,
                                            AmfValue application) {
  ServerReaction reaction;
  if (state_ != State::deciding) return reaction;
  state_ = State::rejected;
  waiting_.clear();
  AmfValue info = makeInfo("error", code, description);
  if (!ex.isUndefined()) info.object()->set("ex", std::move(ex));
  if (!application.isUndefined() && isAmf0(application)) {
    info.object()->set("application", std::move(application));
  }
  reaction.send.push_back(command(0, "_error", connect_transaction_, nullptr, {std::move(info)}));
  return reaction;
}

ServerReaction ServerSession::status(std::uint32_t stream_id, std::string_view level, std::string_view code,
                                     std::string_view description, const AmfObject& details) {
  ServerReaction reaction;
  sendStatus(stream_id, level, code, description, reaction, details);
  return reaction;
}

void ServerSession::handleCommand(const Message& message, const Command& command, ServerReaction& reaction) {
  if (command.amf3) peer_uses_amf3_ = true;
  switch (state_) {
    case State::waiting:
      if (command.name != "connect") return close(Error::unexpected_command, reaction);
      return handleConnect(command, reaction);
    case State::deciding:
      if (command.name == "connect") return close(Error::unexpected_command, reaction);
      return keepWaiting(message, reaction);
    case State::connected:
      return dispatch(message, command, reaction);
    case State::rejected:
      return;
  }
}

void ServerSession::handleSharedObject(const Message& message, const SharedObjectMessage& content,
                                       ServerReaction& reaction) {
  if (state_ == State::deciding) return keepWaiting(message, reaction);
  if (connected()) reaction.events.push_back(server_event::SharedObjectReceived{content});
}

// Clients pipeline what follows connect; it is held until the application has decided.
void ServerSession::keepWaiting(const Message& message, ServerReaction& reaction) {
  if (waiting_.size() >= limits_.max_waiting_messages) return close(Error::unexpected_command, reaction);
  waiting_.push_back(message);
}

void ServerSession::handleWaiting(ServerReaction& reaction) {
  for (const Message& message : std::exchange(waiting_, {})) {
    if (reaction.close != Error::none) return;
    append(handle(message), reaction);
  }
}

void ServerSession::dispatch(const Message& message, const Command& command, ServerReaction& reaction) {
  using Handler = void (ServerSession::*)(const Message&, const Command&, ServerReaction&);
  struct Entry {
    std::string_view name;
    Handler handler;
  };
  static constexpr std::array<Entry, 23> handlers{{
      {"connect", &ServerSession::handleRepeatedConnect},
      {"createStream", &ServerSession::handleCreateStream},
      {"deleteStream", &ServerSession::handleDeleteStream},
      {"closeStream", &ServerSession::handleCloseStream},
      {"releaseStream", &ServerSession::handleCourtesy},
      {"_checkbw", &ServerSession::handleCourtesy},
      {"getStreamLength", &ServerSession::handleStreamLength},
      {"FCPublish", &ServerSession::handleFcNotice},
      {"FCUnpublish", &ServerSession::handleFcNotice},
      {"FCSubscribe", &ServerSession::handleFcNotice},
      {"FCUnsubscribe", &ServerSession::handleFcNotice},
      {"publish", &ServerSession::handlePublish},
      {"play", &ServerSession::handlePlay},
      {"pause", &ServerSession::handlePause},
      {"pauseRaw", &ServerSession::handlePause},
      {"seek", &ServerSession::handleSeek},
      {"receiveAudio", &ServerSession::handleReceive},
      {"receiveVideo", &ServerSession::handleReceive},
      {"ping", &ServerSession::handlePing},
      {"close", &ServerSession::handleClose},
      {"_result", &ServerSession::handleAnswer},
      {"_error", &ServerSession::handleAnswer},
      {"onStatus", &ServerSession::handleAnswer},
  }};
  for (const Entry& entry : handlers) {
    if (entry.name == command.name) return (this->*entry.handler)(message, command, reaction);
  }
  reaction.events.push_back(server_event::Called{command.name, command.transaction, command.arguments});
}

// RTMP 1.0 7.2.1.1. An ECMA array is accepted for the command object, and "tcurl" for "tcUrl": some encoders
// write so.
void ServerSession::handleConnect(const Command& command, ServerReaction& reaction) {
  const AmfObject* object = command.object.object();
  if (!object) return close(Error::command_malformed, reaction);
  state_ = State::deciding;
  connect_transaction_ = command.transaction;
  amf3_ = object->numberOr("objectEncoding", 0) == 3;
  std::string_view app = object->stringOr("app", {});
  const std::size_t mark = std::min(app.find('?'), app.size());
  const std::string_view query = app.substr(std::min(mark + 1, app.size()));
  app = app.substr(0, mark);
  while (app.ends_with('/')) app.remove_suffix(1);
  while (app.starts_with('/')) app.remove_prefix(1);
  if (!acceptable(app)) {
    reaction =
        rejectConnect("NetConnection.Connect.InvalidApp", "The application's name is too long or malformed.");
    return close(Error::command_malformed, reaction);
  }
  reaction.events.push_back(server_event::ConnectRequested{
      std::string(app), std::string(query),
      std::string(object->stringOr("tcUrl", object->stringOr("tcurl", {}))),
      std::string(object->stringOr("flashVer", {})), *object, command.arguments});
}

void ServerSession::handleRepeatedConnect(const Message&, const Command&, ServerReaction& reaction) {
  close(Error::unexpected_command, reaction);
}

void ServerSession::handleClose(const Message&, const Command&, ServerReaction& reaction) {
  while (!streams_.empty()) endStream(streams_.begin()->first, reaction);
}

void ServerSession::handleCourtesy(const Message&, const Command& command, ServerReaction& reaction) {
  append(result(command.transaction, nullptr), reaction);
}

void ServerSession::handlePing(const Message&, const Command& call, ServerReaction& reaction) {
  reaction.send.push_back(command(0, "pong", call.transaction, nullptr));
}

bool ServerSession::acceptable(std::string_view name) const {
  return name.size() <= limits_.max_name && std::none_of(name.begin(), name.end(), [](char c) {
           return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
         });
}

void ServerSession::sendStatus(std::uint32_t stream_id, std::string_view level, std::string_view code,
                               std::string_view description, ServerReaction& reaction,
                               const AmfObject& details) {
  reaction.send.push_back(
      command(stream_id, "onStatus", 0, nullptr, {makeInfo(level, code, description, details)}));
}

void ServerSession::append(ServerReaction&& more, ServerReaction& reaction) {
  std::move(more.send.begin(), more.send.end(), std::back_inserter(reaction.send));
  std::move(more.events.begin(), more.events.end(), std::back_inserter(reaction.events));
  if (reaction.close == Error::none) reaction.close = more.close;
}

void ServerSession::close(Error error, ServerReaction& reaction) {
  state_ = State::rejected;
  reaction.close = error;
}

namespace {

// Enhanced RTMP v2: clients may be asked to reconnect (capsEx 1); every codec is forwarded (bit 4), in
// multitrack, ModEx and nanosecond form too (capsEx 2, 4, 8).
AmfValue connectProperties() {
  return AmfObject{{"fmsVer", "FMS/3,0,1,123"},
                   {"capabilities", 31},
                   {"mode", 1},
                   {"fourCcList", AmfArray{"*"}},
                   {"videoFourCcInfoMap", AmfObject{{"*", 4}}},
                   {"audioFourCcInfoMap", AmfObject{{"*", 4}}},
                   {"capsEx", 1 + 2 + 4 + 8}};
}

bool isAmf0(const AmfValue& value) {
  Bytes ignored;
  return amf0::encode({&value, 1}, ignored) == Error::none;
}

}  // namespace
}  // namespace multiconn::rtmp
