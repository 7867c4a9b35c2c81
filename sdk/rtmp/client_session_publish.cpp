// The client's publish exchange: releaseStream, FCPublish, createStream, publish .. FCUnpublish,
// deleteStream.
#include <algorithm>
#include <utility>

#include "rtmp/client_session.hpp"

namespace multiconn::rtmp {

ClientReaction ClientSession::publish(PublishRequest request) {
  ClientReaction reaction;
  if (state_ != State::connected || publish_) return reaction;
  publish_ = Publish{std::move(request)};
  if (spare_)
    publishOnSpare(reaction);
  else
    requestPublishStream(reaction);
  return reaction;
}

ClientReaction ClientSession::prepare() {
  ClientReaction reaction;
  if (state_ != State::connected || publish_ || spare_) return reaction;
  if (send(reaction, 0, "createStream", nullptr, {}, {Pending::publish_stream}) != 0) spare_ = 0;
  return reaction;
}

// SRS takes createStream before the other two as well, when both come.
void ClientSession::publishOnSpare(ClientReaction& reaction) {
  publish_->stream_id = std::exchange(spare_, std::nullopt).value();
  announcePublish(reaction);
  if (publish_->stream_id != 0) sendPublish(reaction);
}

// A stream that createStream has not delivered yet is deleted when it comes; see handlePublishStream().
ClientReaction ClientSession::unpublish() {
  ClientReaction reaction;
  if (!publish_) return reaction;
  const Publish ended = std::exchange(publish_, std::nullopt).value();
  forget(Pending::publish, ended.stream_id);
  if (state_ != State::connected) return reaction;
  send(reaction, 0, "FCUnpublish", nullptr, {ended.request.stream}, {});
  if (ended.stream_id != 0) deleteStream(ended.stream_id, reaction);
  return reaction;
}

// releaseStream and FCPublish go together: SRS, having seen one, leaves createStream unanswered until the
// other comes.
void ClientSession::announcePublish(ClientReaction& reaction) {
  const AmfValue stream = publish_->request.stream;
  send(reaction, 0, "releaseStream", nullptr, {stream}, {});
  send(reaction, 0, "FCPublish", nullptr, {stream}, {});
}

void ClientSession::requestPublishStream(ClientReaction& reaction) {
  if (pending_.size() >= limits_.max_pending_calls) {
    return failPublish(statusInfo(makeInfo("error", "NetStream.Failed", "too many calls wait for an answer")),
                       reaction);
  }
  announcePublish(reaction);
  send(reaction, 0, "createStream", nullptr, {}, {Pending::publish_stream});
}

// nginx-rtmp with an on_connect hook answers createStream before connect: publish waits for both, and a
// refusal that came too early is asked again.
void ClientSession::handlePublishStream(std::optional<std::uint32_t> id, StatusInfo failure,
                                        ClientReaction& reaction) {
  const bool wanted = publish_ && publish_->stream_id == 0;
  if (!publish_ && keepAsSpare(id)) return;
  if (!id) {
    if (wanted && state_ == State::connected) failPublish(std::move(failure), reaction);
    return;
  }
  // Left over from a publish that was given up.
  if (!wanted || plays_.contains(*id)) {
    if (!inUse(*id)) deleteStream(*id, reaction);
    if (wanted)
      failPublish(statusInfo(makeInfo("error", "NetStream.Failed", "the server gave a stream id twice")),
                  reaction);
    return;
  }
  publish_->stream_id = *id;
  if (state_ == State::connected) sendPublish(reaction);
}

bool ClientSession::keepAsSpare(std::optional<std::uint32_t> id) {
  if (spare_ != 0U) return false;
  spare_.reset();
  if (!id || inUse(*id)) return !id;
  spare_ = *id;
  return true;
}

// Some servers give every stream the same id.
bool ClientSession::inUse(std::uint32_t stream_id) const {
  return plays_.contains(stream_id) || (publish_ && publish_->stream_id == stream_id) || spare_ == stream_id;
}

void ClientSession::resumePublish(ClientReaction& reaction) {
  if (!publish_) return;
  if (publish_->stream_id != 0) return sendPublish(reaction);
  const bool asked = std::any_of(pending_.begin(), pending_.end(), [](const auto& entry) {
    return entry.second.what == Pending::publish_stream;
  });
  if (!asked) requestPublishStream(reaction);
}

void ClientSession::sendPublish(ClientReaction& reaction) {
  const std::uint32_t id = publish_->stream_id;
  const PublishRequest& request = publish_->request;
  if (send(reaction, id, "publish", nullptr, {request.stream, request.mode}, {Pending::publish, id, {}}) != 0)
    return;
  failPublish(statusInfo(makeInfo("error", "NetStream.Failed", "too many calls wait for an answer")),
              reaction);
}

bool ClientSession::handlePublishStatus(std::uint32_t stream_id, const StatusInfo& status,
                                        ClientReaction& reaction) {
  if (!publish_) return false;
  const bool of_stream = stream_id != 0 && stream_id == publish_->stream_id;
  const bool of_publish = stream_id == 0 && status.code.starts_with("NetStream.Publish.");
  if (!of_stream && !of_publish) return false;
  // A recording may fail without harm to the broadcast.
  const bool fatal = !publish_->started || status.code.starts_with("NetStream.Publish.") ||
                     status.code == "NetStream.Failed";
  if ((status.isError() && fatal) || (publishing() && status.code == "NetStream.Unpublish.Success")) {
    failPublish(status, reaction);
    return true;
  }
  if (status.code != "NetStream.Publish.Start" || publish_->started || publish_->stream_id == 0) return false;
  startPublish(status, reaction);
  return true;
}

void ClientSession::startPublish(StatusInfo status, ClientReaction& reaction) {
  if (!publish_ || publish_->started) return;
  forget(Pending::publish, publish_->stream_id);
  publish_->started = true;
  reaction.events.push_back(client_event::PublishStarted{publish_->stream_id, std::move(status)});
}

void ClientSession::failPublish(StatusInfo status, ClientReaction& reaction) {
  if (!publish_) return;
  const std::uint32_t id = publish_->stream_id;
  publish_.reset();
  forget(Pending::publish, id);
  if (id != 0 && state_ == State::connected) deleteStream(id, reaction);
  reaction.events.push_back(client_event::PublishFailed{id, std::move(status)});
}

void ClientSession::forget(Pending what, std::uint32_t stream_id) {
  std::erase_if(pending_, [&](const auto& entry) {
    return entry.second.what == what && entry.second.stream_id == stream_id;
  });
}

void ClientSession::deleteStream(std::uint32_t id, ClientReaction& reaction) {
  send(reaction, 0, "deleteStream", nullptr, {id}, {});
}

}  // namespace multiconn::rtmp
