// What a connected client asks for: an application, publishing, playing.
#include <algorithm>

#include "origin/client_connection.hpp"
#include "origin/live_play.hpp"
#include "origin/publication.hpp"
#include "origin/recorded_play.hpp"
#include "origin/recording_path.hpp"
#include "origin/server_context.hpp"

namespace multiconn::origin {

using namespace rtmp::server_event;

void ClientConnection::on(ConnectRequested& request) {
  app_ = applicationScope(request.app);
  if (!acceptsApplication()) {
    log(OriginLogLevel::info, "asked for an application that is not here");
    perform(session_.rejectConnect("NetConnection.Connect.InvalidApp", "There is no such application."));
    return end("no such application", net::CloseMode::graceful);
  }
  pump_.connection().announceChunkSize(context_.limits.own_chunk_size);
  log(OriginLogLevel::debug, "connected to " + printable(app_));
  watch();
  perform(session_.acceptConnect());
}

bool ClientConnection::acceptsApplication() const {
  const auto& allowed = context_.options.applications;
  if (app_.empty()) return false;
  const std::string application = app_.substr(0, app_.find('/'));
  return allowed.empty() || std::find(allowed.begin(), allowed.end(), application) != allowed.end() ||
         std::find(allowed.begin(), allowed.end(), app_) != allowed.end();
}

void ClientConnection::on(PublishRequested& request) {
  std::optional<Publication::Recording> recording;
  if (request.mode != "live") {
    const auto file = recordingPath(context_.options.data_dir, app_, request.name);
    if (!file || namesBrokenRecording(request.name)) {
      const auto* why = context_.options.data_dir.empty() ? "This server does not record."
                                                          : "This name cannot become a file's.";
      return perform(session_.rejectPublish(request.stream_id, "NetStream.Record.NoAccess", why));
    }
    recording = Publication::Recording{*file, request.mode == "append"};
  }
  auto stream = context_.streams.open(app_, request.name);
  if (stream->publisher() != nullptr) {
    log(OriginLogLevel::info, "would publish what is published already,", *stream);
    return perform(session_.rejectPublish(request.stream_id, "NetStream.Publish.BadName",
                                          "This stream is being published already."));
  }
  uses_.erase(request.stream_id);
  auto publication =
      std::make_shared<Publication>(*this, request.stream_id, std::move(stream), std::move(recording));
  Publication& started = *publication;
  uses_[request.stream_id] = std::move(publication);
  started.start();
}

void ClientConnection::on(PlayRequested& request) {
  uses_.erase(request.stream_id);
  const bool live_only = request.start_ms == -1000;
  const bool recorded_first = request.start_ms >= 0;
  const bool published = context_.streams.published(app_, request.name);
  if (recorded_first || (!live_only && !published)) {
    if (playRecorded(request)) return;
    // Players that know nothing of live streams ask for the start of a recorded one.
    if (recorded_first && !(published && request.start_ms == 0)) {
      return perform(session_.rejectPlay(request.stream_id, "NetStream.Play.StreamNotFound",
                                         "There is no recording of this name."));
    }
  }
  auto play = std::make_shared<LivePlay>(*this, request.stream_id, context_.streams.open(app_, request.name));
  LivePlay& started = *play;
  uses_[request.stream_id] = std::move(play);
  started.start();
}

bool ClientConnection::playRecorded(const PlayRequested& request) {
  const auto path = recordingPath(context_.options.data_dir, app_, request.name);
  auto file = path ? FlvFile::open(*path) : std::nullopt;
  if (!file) return false;
  log(OriginLogLevel::info, "plays the recording " + context_.labels.line(app_, request.name));
  auto play = std::make_shared<RecordedPlay>(*this, request.stream_id, std::move(*file));
  RecordedPlay& started = *play;
  uses_[request.stream_id] = std::move(play);
  if (buffer_length_ms_) started.bufferLength(*buffer_length_ms_);
  started.start(request.start_ms, request.duration_ms);
  return true;
}

void ClientConnection::on(StreamClosed& stream) {
  uses_.erase(stream.stream_id);
}

void ClientConnection::on(MediaReceived& media) {
  if (StreamUse* const use = useOf(media.message.stream_id)) use->media(media.message);
}

void ClientConnection::on(PauseRequested& request) {
  if (StreamUse* const use = useOf(request.stream_id)) use->pause(request.pause);
}

void ClientConnection::on(SeekRequested& request) {
  if (StreamUse* const use = useOf(request.stream_id)) use->seek(request.time_ms);
}

void ClientConnection::on(ReceiveRequested& request) {
  if (StreamUse* const use = useOf(request.stream_id)) use->receive(request.video, request.enabled);
}

void ClientConnection::on(Called& call) {
  perform(session_.callFailed(call.transaction, "There is no such method."));
}

// The session answers 0, which is right for live streams; the length of a recording is in its last tag.
bool ClientConnection::answerStreamLength(const rtmp::Command& command) {
  if (command.name != "getStreamLength" || !session_.connected() || command.arguments.empty()) return false;
  const std::string* const name = command.arguments[0].string();
  const auto path = name ? recordingPath(context_.options.data_dir, app_, *name) : std::nullopt;
  const auto file = path ? FlvFile::open(*path) : std::nullopt;
  const auto last = file ? file->lastTag() : std::nullopt;
  if (!last) return false;
  constexpr double second_ms = 1000;
  perform(session_.result(command.transaction, last->timestamp / second_ms));
  return true;
}

}  // namespace multiconn::origin
