#include "rtmp/server_session.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "rtmp/command_arguments.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::rtmp {
namespace {

AmfValue connectProperties();
bool isReply(std::string_view name);

}  // namespace

ServerReaction ServerSession::handle(const Message& message) {
  ServerReaction reaction;
  if (const auto* command = std::get_if<Command>(&message.body)) {
    handleCommand(message, *command, reaction);
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
  // AMF3 is not spoken, whatever the client asked for.
  info.object()->set("objectEncoding", 0);
  reaction.send.push_back(
      command(0, "_result", connect_transaction_, connectProperties(), {std::move(info)}));
  reaction.send.push_back(command(0, "onBWDone", 0, nullptr));
  handleWaiting(reaction);
  return reaction;
}

ServerReaction ServerSession::rejectConnect(std::string_view code, std::string_view description,
                                            AmfValue ex) {
  ServerReaction reaction;
  if (state_ != State::deciding) return reaction;
  state_ = State::rejected;
  waiting_.clear();
  AmfValue info = makeInfo("error", code, description);
  if (!ex.isUndefined()) info.object()->set("ex", std::move(ex));
  reaction.send.push_back(command(0, "_error", connect_transaction_, nullptr, {std::move(info)}));
  return reaction;
}

ServerReaction ServerSession::status(std::uint32_t stream_id, std::string_view level, std::string_view code,
                                     std::string_view description) {
  ServerReaction reaction;
  sendStatus(stream_id, level, code, description, reaction);
  return reaction;
}

ServerReaction ServerSession::result(double transaction, AmfValue value) {
  ServerReaction reaction;
  if (transaction == 0) return reaction;
  reaction.send.push_back(command(0, "_result", transaction, nullptr, {std::move(value)}));
  return reaction;
}

ServerReaction ServerSession::callFailed(double transaction, std::string_view description) {
  ServerReaction reaction;
  if (transaction == 0) return reaction;
  AmfValue info = makeInfo("error", "NetConnection.Call.Failed", description);
  reaction.send.push_back(command(0, "_error", transaction, nullptr, {std::move(info)}));
  return reaction;
}

void ServerSession::handleCommand(const Message& message, const Command& command, ServerReaction& reaction) {
  switch (state_) {
    case State::waiting:
      if (command.name != "connect") return close(Error::unexpected_command, reaction);
      return handleConnect(command, reaction);
    case State::deciding:
      return keepWaiting(message, command, reaction);
    case State::connected:
      return dispatch(message, command, reaction);
    case State::rejected:
      return;
  }
}

// Clients pipeline what follows connect; it is held until the application has decided.
void ServerSession::keepWaiting(const Message& message, const Command& command, ServerReaction& reaction) {
  constexpr std::size_t max_waiting = 16;
  if (command.name == "connect" || waiting_.size() == max_waiting)
    return close(Error::unexpected_command, reaction);
  waiting_.push_back(message);
}

void ServerSession::handleWaiting(ServerReaction& reaction) {
  for (const Message& message : std::exchange(waiting_, {})) {
    if (reaction.close != Error::none) return;
    dispatch(message, *std::get_if<Command>(&message.body), reaction);
  }
}

void ServerSession::dispatch(const Message& message, const Command& command, ServerReaction& reaction) {
  using Handler = void (ServerSession::*)(const Message&, const Command&, ServerReaction&);
  struct Entry {
    std::string_view name;
    Handler handler;
  };
  static constexpr std::array<Entry, 20> handlers{{
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
  }};
  for (const Entry& entry : handlers) {
    if (entry.name == command.name) return (this->*entry.handler)(message, command, reaction);
  }
  if (isReply(command.name)) return;
  reaction.events.push_back(server_event::Called{command.name, command.transaction, command.arguments});
}

// RTMP 1.0 7.2.1.1. An ECMA array is accepted for the command object, and "tcurl" for "tcUrl": some encoders
// write so.
void ServerSession::handleConnect(const Command& command, ServerReaction& reaction) {
  const AmfObject* object = command.object.object();
  if (!object) return close(Error::command_malformed, reaction);
  state_ = State::deciding;
  connect_transaction_ = command.transaction;
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
                               std::string_view description, ServerReaction& reaction) {
  reaction.send.push_back(command(stream_id, "onStatus", 0, nullptr, {makeInfo(level, code, description)}));
}

void ServerSession::append(ServerReaction&& more, ServerReaction& reaction) {
  std::move(more.send.begin(), more.send.end(), std::back_inserter(reaction.send));
  std::move(more.events.begin(), more.events.end(), std::back_inserter(reaction.events));
}

void ServerSession::close(Error error, ServerReaction& reaction) {
  state_ = State::rejected;
  reaction.close = error;
}

namespace {

// Enhanced RTMP v2: every codec is forwarded (bit 4), in multitrack, ModEx and nanosecond form too (capsEx 2,
// 4, 8).
AmfValue connectProperties() {
  return AmfObject{{"fmsVer", "FMS/3,0,1,123"},
                   {"capabilities", 31},
                   {"mode", 1},
                   {"fourCcList", AmfArray{"*"}},
                   {"videoFourCcInfoMap", AmfObject{{"*", 4}}},
                   {"audioFourCcInfoMap", AmfObject{{"*", 4}}},
                   {"capsEx", 2 + 4 + 8}};
}

bool isReply(std::string_view name) {
  return name == "_result" || name == "_error" || name == "onStatus";
}

}  // namespace
}  // namespace multiconn::rtmp
