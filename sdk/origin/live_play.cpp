#include "origin/live_play.hpp"

#include <utility>

#include "origin/client_connection.hpp"
#include "origin/server_context.hpp"

namespace multiconn::origin {

using Class = rtmp::QueuedMessage::Class;

namespace {

rtmp::OutboundQueue::Bounds boundsOf(const OriginOptions& options) {
  return {.bytes = options.player_queue_bytes, .age = options.player_queue_age, .lossless = false};
}

}  // namespace

LivePlay::LivePlay(ClientConnection& connection, std::uint32_t stream_id, std::shared_ptr<LiveStream> stream)
    : connection_(connection),
      stream_id_(stream_id),
      stream_(std::move(stream)),
      lane_(connection.outbox(), boundsOf(connection.context().options)) {
  stream_->join(*this);
}

LivePlay::~LivePlay() {
  stream_->leave(*this);
  if (!accepted_) return;
  connection_.log(OriginLogLevel::info, "stopped playing", *stream_);
}

void LivePlay::start() {
  if (stream_->publisher() == nullptr) {
    auto& context = connection_.context();
    connection_.log(OriginLogLevel::debug, "waits for a publisher of", *stream_);
    waiting_ = context.scheduler.after(context.options.play_wait, [this] { giveUp(); });
    return;
  }
  accept();
  replayCache();
}

void LivePlay::publisherCame() {
  needs_key_ = false;  // everything comes, from the very first message on
  if (!accepted_) return accept();
  lane_.send(connection_.session().publisherCame(stream_id_).send, connection_.now());
}

void LivePlay::publisherLeft() {
  if (accepted_) lane_.send(connection_.session().publisherLeft(stream_id_).send, connection_.now());
}

void LivePlay::deliver(rtmp::QueuedMessage& message) {
  if (!accepted_ || !wants(message)) return;
  message.message.stream_id = stream_id_;
  lane_.send(message);
  if (const auto dropped = lane_.takeDropped().total(); dropped != 0) stream_->countDropped(dropped);
}

void LivePlay::pause(bool pause) {
  paused_ = pause;
  needs_key_ = true;
}

void LivePlay::seek(double) {
  connection_.perform(connection_.session().status(stream_id_, "error", "NetStream.Seek.Failed",
                                                   "A live stream cannot be searched."));
}

void LivePlay::receive(bool video, bool enabled) {
  (video ? receive_video_ : receive_audio_) = enabled;
  if (video) needs_key_ = true;
}

void LivePlay::accept() {
  waiting_.cancel();
  accepted_ = true;
  connection_.log(OriginLogLevel::info, "plays", *stream_);
  lane_.send(connection_.session().acceptPlay(stream_id_, false).send, connection_.now());
  connection_.playBegan(stream_id_);
}

void LivePlay::replayCache() {
  needs_key_ = stream_->midGroup();
  std::vector<rtmp::QueuedMessage> messages;
  std::size_t bytes = 0;
  stream_->replay([&](rtmp::QueuedMessage message) {
    bytes += message.message.payload->size();
    messages.push_back(std::move(message));
  });
  connection_.spend(messages.size());
  lane_.widen(bytes);
  for (rtmp::QueuedMessage& message : messages) {
    message.message.stream_id = stream_id_;
    message.queued_at = connection_.now();
    lane_.send(message);
  }
}

void LivePlay::giveUp() {
  connection_.log(OriginLogLevel::info, "waited in vain for", *stream_);
  connection_.perform(connection_.session().rejectPlay(stream_id_, "NetStream.Play.StreamNotFound",
                                                       "Nobody publishes this stream."));
  connection_.discard(stream_id_);
}

bool LivePlay::wants(const rtmp::QueuedMessage& message) {
  switch (message.kind) {
    case Class::control:
    case Class::config:
      return true;
    case Class::audio:
      return receive_audio_ && !paused_;
    case Class::video:
      break;
  }
  if (!receive_video_ || paused_) return false;
  if (needs_key_ && message.frame != FrameKind::key) return false;
  needs_key_ = false;
  return true;
}

}  // namespace multiconn::origin
