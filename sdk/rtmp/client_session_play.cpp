// The client's play exchange: createStream, SetBufferLength, play .. deleteStream.
#include <utility>

#include "rtmp/client_session.hpp"

namespace multiconn::rtmp {
namespace {

StatusInfo localFailure(std::string_view description) {
  return statusInfo(makeInfo("error", "NetStream.Failed", description));
}

}  // namespace

ClientReaction ClientSession::play(PlayRequest request) {
  ClientReaction reaction;
  if (state_ != State::connected) return reaction;
  if (plays_.size() >= limits_.max_streams ||
      send(reaction, 0, "createStream", nullptr, {}, {Pending::play_stream, 0, std::move(request)}) == 0) {
    reaction.events.push_back(
        client_event::PlayFailed{0, localFailure("too many streams are played at once")});
  }
  return reaction;
}

ClientReaction ClientSession::stopPlay(std::uint32_t stream_id) {
  ClientReaction reaction;
  if (plays_.erase(stream_id) == 0) return reaction;
  forget(Pending::play, stream_id);
  deleteStream(stream_id, reaction);
  return reaction;
}

void ClientSession::handlePlayStream(const PendingCall& call, std::optional<std::uint32_t> id,
                                     StatusInfo failure, ClientReaction& reaction) {
  const bool taken = id && inUse(*id);
  if (taken) failure = localFailure("the server gave a stream id twice: it takes one stream per connection");
  if (!id || taken) {
    reaction.events.push_back(client_event::PlayFailed{0, std::move(failure)});
    return;
  }
  plays_.emplace(*id, Play{*call.play});
  sendPlay(*id, *call.play, reaction);
}

// Duration and reset are left out at their defaults: not all servers read them.
void ClientSession::sendPlay(std::uint32_t id, const PlayRequest& request, ClientReaction& reaction) {
  std::vector<AmfValue> arguments{request.stream, request.start_ms};
  if (request.duration_ms >= 0 || !request.reset) {
    arguments.emplace_back(request.duration_ms);
    arguments.emplace_back(request.reset);
  }
  reaction.send.push_back(control(UserControl::Event::set_buffer_length, id, request.buffer_ms));
  if (send(reaction, id, "play", nullptr, std::move(arguments), {Pending::play, id, {}}) != 0) return;
  failPlay(id, localFailure("too many calls wait for an answer"), reaction);
}

bool ClientSession::handlePlayStatus(std::uint32_t stream_id, const StatusInfo& status,
                                     ClientReaction& reaction) {
  if (stream_id == 0 && plays_.size() == 1 && status.code.starts_with("NetStream.Play.")) {
    stream_id = plays_.begin()->first;
  }
  const auto found = plays_.find(stream_id);
  if (found == plays_.end()) return false;
  // A seek may fail without harm to the play.
  const bool fatal = !found->second.started || status.code.starts_with("NetStream.Play.") ||
                     status.code == "NetStream.Failed";
  if (status.isError() && fatal) {
    failPlay(stream_id, status, reaction);
    return true;
  }
  if (status.code != "NetStream.Play.Start" || found->second.started) return false;
  startPlay(stream_id, status, reaction);
  return true;
}

void ClientSession::startPlay(std::uint32_t stream_id, StatusInfo status, ClientReaction& reaction) {
  const auto found = plays_.find(stream_id);
  if (found == plays_.end() || found->second.started) return;
  forget(Pending::play, stream_id);
  found->second.started = true;
  reaction.events.push_back(client_event::PlayStarted{stream_id, std::move(status)});
}

void ClientSession::failPlay(std::uint32_t stream_id, StatusInfo status, ClientReaction& reaction) {
  if (plays_.erase(stream_id) == 0) return;
  forget(Pending::play, stream_id);
  deleteStream(stream_id, reaction);
  reaction.events.push_back(client_event::PlayFailed{stream_id, std::move(status)});
}

// Some servers send the first data before Play.Start. onPlayStatus and onStatus also travel as data.
void ClientSession::handleMedia(const Message& message, ClientReaction& reaction) {
  if (!plays_.contains(message.stream_id)) return;
  const auto* data = std::get_if<Data>(&message.body);
  if (data && data->values.size() >= 2) {
    const std::string* name = data->values.front().string();
    if (name && (*name == "onPlayStatus" || *name == "onStatus")) {
      // Some servers put a null in front of the info object, as in a command.
      const AmfValue& info =
          data->values[1].isNull() && data->values.size() >= 3 ? data->values[2] : data->values[1];
      reaction.events.push_back(client_event::StatusReceived{message.stream_id, statusInfo(info, limits_)});
      return;
    }
  }
  const bool media =
      data || std::holds_alternative<Audio>(message.body) || std::holds_alternative<Video>(message.body);
  if (media) reaction.events.push_back(client_event::MediaReceived{message});
}

}  // namespace multiconn::rtmp
