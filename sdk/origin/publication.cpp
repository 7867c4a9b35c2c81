#include "origin/publication.hpp"

#include <chrono>
#include <utility>

#include "origin/client_connection.hpp"
#include "origin/server_context.hpp"

namespace multiconn::origin {
namespace {

std::string codecName(const rtmp::MediaBody& media) {
  if (media.codec) return name(*media.codec);
  std::string text;
  for (int shift = 24; media.four_cc != 0 && shift >= 0; shift -= 8) {
    text += static_cast<char>(media.four_cc >> shift & 0xFF);
  }
  return text.empty() ? "unknown" : printable(text);
}

}  // namespace

Publication::Publication(ClientConnection& connection, std::uint32_t stream_id,
                         std::shared_ptr<LiveStream> stream, std::optional<Recording> recording)
    : connection_(connection),
      stream_id_(stream_id),
      stream_(std::move(stream)),
      wanted_(std::move(recording)),
      since_(connection.now()) {}

Publication::~Publication() {
  connection_.log(OriginLogLevel::info, "stopped publishing", *stream_);
  stream_->unpublish();
}

void Publication::start() {
  connection_.log(OriginLogLevel::info, wanted_ ? "publishes and records" : "publishes", *stream_);
  connection_.perform(connection_.session().acceptPublish(stream_id_));
  if (wanted_) startRecording(*wanted_);
  stream_->publish(*this);
}

PublisherStatus Publication::status() const {
  const std::chrono::duration<double> since = connection_.now() - since_;
  return {.address = connection_.address(),
          .since_s = since.count(),
          .bytes = bytes_,
          .video_codec = video_codec_,
          .audio_codec = audio_codec_,
          .recording = recorder_ && !recorder_->failed()};
}

void Publication::media(const rtmp::Message& message) {
  if (const auto* audio = std::get_if<rtmp::Audio>(&message.body)) {
    relayMedia(rtmp::MessageType::audio, message, audio->body);
  } else if (const auto* video = std::get_if<rtmp::Video>(&message.body)) {
    relayMedia(rtmp::MessageType::video, message, video->body);
  } else if (const auto* data = std::get_if<rtmp::Data>(&message.body)) {
    relayData(message, *data);
  }
}

void Publication::relayMedia(rtmp::MessageType type, const rtmp::Message& message,
                             const rtmp::Payload& body) {
  RelayMessage relay = relayBody(type, message.timestamp, body, connection_.now());
  bytes_ += relay.out.message.payload->size();
  if (relay.media) {
    std::string& codec = relay.media->video ? video_codec_ : audio_codec_;
    if (codec.empty()) codec = codecName(*relay.media);
  }
  if (recorder_) recorder_->write(relay.out.message, relay.isFrame());
  connection_.spend(stream_->plays().size());
  stream_->relay(relay);
}

void Publication::relayData(const rtmp::Message& message, const rtmp::Data& data) {
  auto relay = origin::relayData(message, data, connection_.now());
  if (!relay) return;
  bytes_ += relay->message.out.message.payload->size();
  if (recorder_ && relay->action != RelayData::Action::erase) {
    recorder_->write(relay->message.out.message, relay->message.isFrame());
  }
  connection_.spend(stream_->plays().size());
  stream_->relay(*relay);
}

void Publication::startRecording(const Recording& recording) {
  auto& context = connection_.context();
  // The recording may end after the connection.
  auto ended = [weak = connection_.weak_from_this(), id = stream_id_, &context,
                label = context.labels.line(stream_->app(), stream_->name()),
                file = printable(stream_->app()) + "/" +
                       context.labels.name(stream_->name())](const Recorder::Outcome& outcome) {
    const bool failed = !outcome.error.empty();
    if (!outcome.leftover.empty()) {
      context.log(OriginLogLevel::warning,
                  "kept what an unfinished recording left, as " + file + outcome.leftover);
    }
    context.log(failed ? OriginLogLevel::error : OriginLogLevel::info,
                failed
                    ? "recording " + label + " failed: " + outcome.error +
                          (outcome.kept.empty() ? "" : "; what came before is kept as " + file + outcome.kept)
                    : "recorded " + label);
    const auto connection = weak.lock();
    if (!connection) return;
    connection->perform(
        failed ? connection->session().status(
                     id, "error", "NetStream.Record.Failed",
                     "The recording failed: " + outcome.error + ". The live broadcast goes on.")
               : connection->session().status(id, "status", "NetStream.Record.Stop", "Recorded."));
  };
  recorder_ = std::make_unique<Recorder>(context.disk, context.scheduler, recording.file, recording.append,
                                         std::move(ended));
  connection_.perform(
      connection_.session().status(stream_id_, "status", "NetStream.Record.Start", "Recording."));
}

}  // namespace multiconn::origin
