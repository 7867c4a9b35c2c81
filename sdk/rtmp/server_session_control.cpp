// What clients ask besides connect, publish and play: the FC... notices of encoders, pause, seek,
// receiveAudio/Video.
#include <algorithm>

#include "rtmp/command_arguments.hpp"
#include "rtmp/server_session.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::rtmp {

// Encoders that wait for onFCPublish go on; those that do not ignore it.
void ServerSession::handleFcNotice(const Message&, const Command& call, ServerReaction& reaction) {
  append(result(call.transaction, nullptr), reaction);
  const bool publishing = call.name == "FCPublish" || call.name == "FCUnpublish";
  const bool begins = call.name == "FCPublish" || call.name == "FCSubscribe";
  const std::string_view code = begins ? (publishing ? "NetStream.Publish.Start" : "NetStream.Play.Start")
                                       : (publishing ? "NetStream.Unpublish.Success" : "NetStream.Play.Stop");
  reaction.send.push_back(command(0, "on" + call.name, 0, nullptr, {makeInfo("status", code, call.name)}));
  if (call.name != "FCUnpublish") return;
  if (const std::string* name = CommandArguments(call.arguments).string(0)) closeNamed(*name, reaction);
}

// A live stream has no length, and nothing depends on that of a recorded one: FFmpeg takes it as a hint.
void ServerSession::handleStreamLength(const Message&, const Command& command, ServerReaction& reaction) {
  append(result(command.transaction, 0), reaction);
}

// pause(flag, milliseconds): RTMP 1.0 7.2.2.8. The answer does not depend on the application.
void ServerSession::handlePause(const Message& message, const Command& command, ServerReaction& reaction) {
  const CommandArguments arguments(command.arguments);
  const bool* pause = arguments.boolean(0);
  if (!pause || !streamIn(message.stream_id, Use::playing)) return;
  reaction.events.push_back(server_event::PauseRequested{message.stream_id, *pause,
                                                         std::max(0.0, arguments.number(1).value_or(0))});
  sendStatus(message.stream_id, "status", *pause ? "NetStream.Pause.Notify" : "NetStream.Unpause.Notify",
             *pause ? "Paused." : "Continued.", reaction);
}

void ServerSession::handleSeek(const Message& message, const Command& command, ServerReaction& reaction) {
  if (!streamIn(message.stream_id, Use::playing)) return;
  const auto time = CommandArguments(command.arguments).number(0);
  if (time && *time >= 0) {
    reaction.events.push_back(server_event::SeekRequested{message.stream_id, *time});
  } else {
    sendStatus(message.stream_id, "error", "NetStream.Seek.InvalidTime", "This is not a time.", reaction);
  }
}

// RTMP 1.0 7.2.2.4-5: switching on is answered as if a seek had ended, switching off not at all.
void ServerSession::handleReceive(const Message& message, const Command& command, ServerReaction& reaction) {
  const bool* enabled = CommandArguments(command.arguments).boolean(0);
  if (!enabled || !streamIn(message.stream_id, Use::playing)) return;
  reaction.events.push_back(
      server_event::ReceiveRequested{message.stream_id, command.name == "receiveVideo", *enabled});
  if (!*enabled) return;
  sendStatus(message.stream_id, "status", "NetStream.Seek.Notify", "Continuing.", reaction);
  sendStatus(message.stream_id, "status", "NetStream.Play.Start", "Playing started.", reaction);
}

}  // namespace multiconn::rtmp
