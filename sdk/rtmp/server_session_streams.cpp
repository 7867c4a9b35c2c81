// The server's stream exchanges: createStream, publish, play and their ends.
#include <algorithm>
#include <cmath>
#include <utility>

#include "rtmp/command_arguments.hpp"
#include "rtmp/server_session.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::rtmp {
namespace {

struct StreamName {
  std::string name, query;
};

StreamName splitName(std::string_view text);
std::string publishMode(const std::string* mode);
double startTime(std::optional<double> start);

}  // namespace

ServerReaction ServerSession::acceptPublish(std::uint32_t stream_id) {
  ServerReaction reaction;
  Stream* stream = streamIn(stream_id, Use::publish_requested);
  if (!stream) return reaction;
  stream->use = Use::publishing;
  reaction.send.push_back(control(UserControl::Event::stream_begin, stream_id));
  sendStatus(stream_id, "status", "NetStream.Publish.Start", "Publishing started.", reaction);
  return reaction;
}

ServerReaction ServerSession::rejectPublish(std::uint32_t stream_id, std::string_view code,
                                            std::string_view description) {
  ServerReaction reaction;
  Stream* stream = streamIn(stream_id, Use::publish_requested);
  if (!stream) return reaction;
  *stream = {};
  sendStatus(stream_id, "error", code, description, reaction);
  return reaction;
}

// RTMP 1.0 7.2.2.1, in the order of its message flow.
ServerReaction ServerSession::acceptPlay(std::uint32_t stream_id, bool recorded) {
  ServerReaction reaction;
  Stream* stream = streamIn(stream_id, Use::play_requested);
  if (!stream) return reaction;
  stream->use = Use::playing;
  if (recorded) reaction.send.push_back(control(UserControl::Event::stream_is_recorded, stream_id));
  reaction.send.push_back(control(UserControl::Event::stream_begin, stream_id));
  if (stream->reset) {
    sendStatus(stream_id, "status", "NetStream.Play.Reset", "Playing and resetting the stream.", reaction);
  }
  sendStatus(stream_id, "status", "NetStream.Play.Start", "Playing started.", reaction);
  sendData(stream_id, {"|RtmpSampleAccess", true, true}, reaction);
  sendData(stream_id, {"onStatus", makeInfo("status", "NetStream.Data.Start", "Data follows.")}, reaction);
  return reaction;
}

ServerReaction ServerSession::rejectPlay(std::uint32_t stream_id, std::string_view code,
                                         std::string_view description) {
  ServerReaction reaction;
  Stream* stream = streamIn(stream_id, Use::play_requested);
  if (!stream) return reaction;
  *stream = {};
  sendStatus(stream_id, "error", code, description, reaction);
  return reaction;
}

ServerReaction ServerSession::publisherLeft(std::uint32_t stream_id) {
  ServerReaction reaction;
  if (!streamIn(stream_id, Use::playing)) return reaction;
  sendStatus(stream_id, "status", "NetStream.Play.UnpublishNotify", "The publisher has left.", reaction);
  return reaction;
}

ServerReaction ServerSession::publisherCame(std::uint32_t stream_id) {
  ServerReaction reaction;
  if (!streamIn(stream_id, Use::playing)) return reaction;
  sendStatus(stream_id, "status", "NetStream.Play.PublishNotify", "A publisher has come.", reaction);
  return reaction;
}

ServerReaction ServerSession::playComplete(std::uint32_t stream_id) {
  ServerReaction reaction;
  Stream* stream = streamIn(stream_id, Use::playing);
  if (!stream) return reaction;
  *stream = {};
  sendData(stream_id,
           {"onPlayStatus", makeInfo("status", "NetStream.Play.Complete", "Everything was played.")},
           reaction);
  sendStatus(stream_id, "status", "NetStream.Play.Stop", "Playing stopped.", reaction);
  reaction.send.push_back(control(UserControl::Event::stream_eof, stream_id));
  return reaction;
}

// The smallest free id: MediaMTX's client demands that the first is 1.
void ServerSession::handleCreateStream(const Message&, const Command& command, ServerReaction& reaction) {
  if (streams_.size() >= limits_.max_streams) {
    append(callFailed(command.transaction, "Too many streams."), reaction);
    return close(Error::unexpected_command, reaction);
  }
  std::uint32_t id = 1;
  for (auto stream = streams_.begin(); stream != streams_.end() && stream->first == id; ++stream) ++id;
  streams_[id] = {};
  append(result(command.transaction, id), reaction);
}

void ServerSession::handleDeleteStream(const Message&, const Command& command, ServerReaction& reaction) {
  if (const auto id = CommandArguments(command.arguments).streamId(0)) endStream(*id, reaction);
}

void ServerSession::handleCloseStream(const Message& message, const Command&, ServerReaction& reaction) {
  closeStream(message.stream_id, reaction);
}

// publish(name, mode), or publish(false) to stop. MediaMTX's client puts the application's name where the
// mode belongs, so that a mode nobody knows means "live".
void ServerSession::handlePublish(const Message& message, const Command& command, ServerReaction& reaction) {
  const CommandArguments arguments(command.arguments);
  const std::uint32_t id = message.stream_id;
  if (const bool* on = arguments.boolean(0); on && !*on) return closeStream(id, reaction);
  Stream* stream = streamForRequest(id, reaction);
  if (!stream) return;
  if (stream->use != Use::idle) return close(Error::unexpected_command, reaction);
  const std::string* text = arguments.string(0);
  StreamName name = splitName(text ? *text : std::string_view());
  if (name.name.empty() || !acceptable(name.name) || name.query.size() > limits_.max_name) {
    return sendStatus(id, "error", "NetStream.Publish.BadName",
                      "The stream's name is empty, too long or malformed.", reaction);
  }
  *stream = {Use::publish_requested, name.name};
  reaction.events.push_back(server_event::PublishRequested{id, std::move(name.name), std::move(name.query),
                                                           publishMode(arguments.string(1))});
}

// play(name, start, duration, reset), or play(false) to stop. A second play on a stream replaces the first.
void ServerSession::handlePlay(const Message& message, const Command& command, ServerReaction& reaction) {
  const CommandArguments arguments(command.arguments);
  const std::uint32_t id = message.stream_id;
  if (const bool* on = arguments.boolean(0); on && !*on) return closeStream(id, reaction);
  Stream* stream = streamForRequest(id, reaction);
  if (!stream) return;
  if (stream->use == Use::publish_requested || stream->use == Use::publishing) {
    return close(Error::unexpected_command, reaction);
  }
  closeStream(id, reaction);
  const std::string* text = arguments.string(0);
  StreamName name = splitName(text ? *text : std::string_view());
  if (name.name.empty() || !acceptable(name.name) || name.query.size() > limits_.max_name) {
    return sendStatus(id, "error", "NetStream.Play.StreamNotFound",
                      "The stream's name is empty, too long or malformed.", reaction);
  }
  const bool* flag = arguments.boolean(3);
  const bool reset = flag ? *flag : arguments.number(3).value_or(1) != 0;
  const double duration = arguments.number(2).value_or(-1);
  *stream = {Use::play_requested, name.name, reset};
  reaction.events.push_back(server_event::PlayRequested{id, std::move(name.name), std::move(name.query),
                                                        startTime(arguments.number(1)),
                                                        duration < 0 ? -1 : duration, reset});
}

void ServerSession::closeStream(std::uint32_t stream_id, ServerReaction& reaction) {
  const auto found = streams_.find(stream_id);
  if (found == streams_.end() || found->second.use == Use::idle) return;
  const Stream ended = std::exchange(found->second, {});
  reaction.events.push_back(server_event::StreamClosed{stream_id});
  if (ended.use == Use::publishing) {
    sendStatus(stream_id, "status", "NetStream.Unpublish.Success", "Publishing stopped.", reaction);
  }
}

// RTMP 1.0 7.2.2.3: deleteStream gets no answer.
void ServerSession::endStream(std::uint32_t stream_id, ServerReaction& reaction) {
  const auto found = streams_.find(stream_id);
  if (found == streams_.end()) return;
  if (found->second.use != Use::idle) reaction.events.push_back(server_event::StreamClosed{stream_id});
  streams_.erase(found);
}

void ServerSession::closeNamed(std::string_view text, ServerReaction& reaction) {
  const StreamName name = splitName(text);
  const auto found = std::find_if(streams_.begin(), streams_.end(), [&](const auto& entry) {
    const Stream& stream = entry.second;
    return (stream.use == Use::publish_requested || stream.use == Use::publishing) &&
           stream.name == name.name;
  });
  if (found != streams_.end()) closeStream(found->first, reaction);
}

ServerSession::Stream* ServerSession::streamIn(std::uint32_t stream_id, Use use) {
  const auto found = streams_.find(stream_id);
  return found != streams_.end() && found->second.use == use ? &found->second : nullptr;
}

ServerSession::Stream* ServerSession::streamForRequest(std::uint32_t stream_id, ServerReaction& reaction) {
  const auto found = streams_.find(stream_id);
  if (found != streams_.end()) return &found->second;
  sendStatus(stream_id, "error", "NetStream.Failed", "This message stream was not created.", reaction);
  return nullptr;
}

void ServerSession::sendData(std::uint32_t stream_id, std::vector<AmfValue> values,
                             ServerReaction& reaction) {
  reaction.send.push_back(*encode({0, stream_id, Data{std::move(values), {}}}));
}

namespace {

// "mp4:film?token=x": the prefix says what kind of file to look for, which its name says too.
StreamName splitName(std::string_view text) {
  for (const std::string_view prefix : {"mp4:", "mp3:", "flv:"}) {
    if (!text.starts_with(prefix)) continue;
    text.remove_prefix(prefix.size());
    break;
  }
  const std::size_t mark = std::min(text.find('?'), text.size());
  return {std::string(text.substr(0, mark)), std::string(text.substr(std::min(mark + 1, text.size())))};
}

std::string publishMode(const std::string* mode) {
  return mode && (*mode == "record" || *mode == "append") ? *mode : "live";
}

// RTMP 1.0 7.2.2.1 counts in seconds, -2 and -1 having meanings of their own; clients send milliseconds.
double startTime(std::optional<double> start) {
  if (!start) return -2000;
  if (*start >= 0) return *start;
  return *start == -1 || *start == -1000 ? -1000 : -2000;
}

}  // namespace
}  // namespace multiconn::rtmp
