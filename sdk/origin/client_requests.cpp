// What a connected client asks for: an application, publishing, playing.
#include "origin/client_connection.hpp"
#include "origin/client_membership.hpp"
#include "origin/client_record.hpp"
#include "origin/live_play.hpp"
#include "origin/peer_host.hpp"
#include "origin/publication.hpp"
#include "origin/recorded_play.hpp"
#include "origin/recording_path.hpp"
#include "origin/server_context.hpp"
#include "origin/work.hpp"

namespace multiconn::origin {

using namespace rtmp::server_event;

void ClientConnection::on(ConnectRequested& request) {
  app_ = applicationScope(request.app);
  watch();
  if (app_.empty() || !context_.applications.serves(app_)) {
    log(OriginLogLevel::info, "asked for an application that is not here");
    return refuse("NetConnection.Connect.InvalidApp", "There is no such application.");
  }
  if (login(request)) join(request);
}

// Players and others who are not encoders need no name, and may not publish then.
bool ClientConnection::login(const ConnectRequested& request) {
  if (!context_.login.required() || !PublisherLogin::concerns(request)) return true;
  auto outcome = context_.login.check(request.query, peerHost(address_), now());
  if (outcome.user.empty()) {
    refuse("NetConnection.Connect.Rejected", outcome.description);
    return false;
  }
  user_ = std::move(outcome.user);
  log(OriginLogLevel::info, "logged in as " + printable(user_));
  return true;
}

void ClientConnection::join(const ConnectRequested& request) {
  const auto record = std::make_shared<ClientRecord>();
  record->host = peerHost(address_);
  auto stay = context_.applications.enter(app_, record->host);
  if (!stay) return refuse("NetConnection.Connect.Rejected", "The application cannot be started.");
  record->id = ++context_.last_client;
  record->address = address_;
  record->application = app_;
  record->query = request.query;
  record->uri = request.tc_url;
  record->agent = request.flash_version;
  record->page_url = request.object.stringOr("pageUrl", {});
  record->referrer = request.object.stringOr("swfUrl", {});
  record->user = user_;
  record->object_encoding = session_.amf3() ? 3 : 0;
  record->door = context_.door;
  record->connection = weak_from_this();
  record->instance = stay->weak();
  member_ = std::make_shared<ClientMembership>(*this, std::move(stay), record);
  member_->begin({request.arguments, request.object});
}

void ClientConnection::refuse(std::string_view code, std::string_view description) {
  perform(session_.rejectConnect(code, description));
  end("it was refused", net::CloseMode::graceful);
}

void ClientConnection::on(PublishRequested& request) {
  spend(stream_work);
  if (context_.login.required() && user_.empty()) {
    return perform(session_.rejectPublish(request.stream_id, "NetStream.Publish.Unauthorized",
                                          "Publishers have to log in."));
  }
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
  unuse(request.stream_id);
  auto visit = visitPublishing(request);
  if (!visit) return;
  auto publication =
      std::make_shared<Publication>(*this, request.stream_id, std::move(stream), std::move(recording));
  Publication& started = *publication;
  use(request.stream_id, std::move(publication), std::move(visit));
  started.start();
}

// Null: the application does not want it, and the client has been told.
std::unique_ptr<StreamVisit> ClientConnection::visitPublishing(const PublishRequested& request) {
  if (!member_->mayPublish(request)) return nullptr;
  return std::make_unique<StreamVisit>(member_, StreamVisit::Kind::publish, request.name);
}

std::unique_ptr<StreamVisit> ClientConnection::visitPlaying(const PlayRequested& request) {
  if (!member_->mayPlay(request)) return nullptr;
  return std::make_unique<StreamVisit>(member_, StreamVisit::Kind::play, request.name);
}

void ClientConnection::on(PlayRequested& request) {
  spend(stream_work);
  unuse(request.stream_id);
  auto visit = visitPlaying(request);
  if (!visit) return;
  const bool live_only = request.start_ms == -1000;
  const bool recorded_first = request.start_ms >= 0;
  const bool published = context_.streams.published(app_, request.name);
  if (recorded_first || (!live_only && !published)) {
    if (playRecorded(request, visit)) return;
    // Players that know nothing of live streams ask for the start of a recorded one.
    if (recorded_first && !(published && request.start_ms == 0)) {
      return perform(session_.rejectPlay(request.stream_id, "NetStream.Play.StreamNotFound",
                                         "There is no recording of this name."));
    }
  }
  auto play = std::make_shared<LivePlay>(*this, request.stream_id, context_.streams.open(app_, request.name));
  LivePlay& started = *play;
  use(request.stream_id, std::move(play), std::move(visit));
  started.start();
}

bool ClientConnection::playRecorded(const PlayRequested& request, std::unique_ptr<StreamVisit>& visit) {
  spend(file_work);
  const auto path = recordingPath(context_.options.data_dir, app_, request.name);
  auto file = path ? FlvFile::open(*path) : std::nullopt;
  if (!file) return false;
  log(OriginLogLevel::info, "plays the recording " + context_.labels.line(app_, request.name));
  auto play = std::make_shared<RecordedPlay>(*this, request.stream_id, std::move(*file));
  RecordedPlay& started = *play;
  use(request.stream_id, std::move(play), std::move(visit));
  if (buffer_length_ms_) started.bufferLength(*buffer_length_ms_);
  started.start(request.start_ms, request.duration_ms);
  return true;
}

void ClientConnection::on(StreamClosed& stream) {
  unuse(stream.stream_id);
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
  member_->called(call);
}

void ClientConnection::on(CallAnswered& answer) {
  member_->answered(answer);
}

void ClientConnection::on(SharedObjectReceived& received) {
  member_->received(received.message);
}

// The session answers 0, which is right for live streams; the length of a recording is in its last tag.
bool ClientConnection::answerStreamLength(const rtmp::Command& command) {
  if (command.name != "getStreamLength" || !session_.connected() || command.arguments.empty()) return false;
  spend(file_work);
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
