#include "origin/recorded_play.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "origin/client_connection.hpp"
#include "origin/server_context.hpp"

namespace multiconn::origin {
namespace {

using std::chrono::milliseconds;

// What one task may read, since it keeps every other connection waiting.
constexpr std::size_t tags_per_step = 1024, bytes_per_step = 1024 * 1024;
// How far ahead of real time a player is served, whatever it asks for.
constexpr std::uint32_t least_buffer_ms = 500, default_buffer_ms = 2000, most_buffer_ms = 10'000;
// Enough of a body to tell what it is; multitrack bodies need all of it.
constexpr std::size_t peek_bytes = 64;

bool isMedia(const FlvTagPlace& tag) {
  return tag.type == 8 || tag.type == 9;
}
bool isData(const FlvTagPlace& tag) {
  return tag.type == 18;
}

// An AMF0 string, marker and length first (AMF0 2.4).
bool isMetadata(rtmp::BytesView body) {
  using namespace std::string_view_literals;
  return rtmp::asText(body).starts_with("\x02\x00\x0AonMetaData"sv);
}

}  // namespace

RecordedPlay::RecordedPlay(ClientConnection& connection, std::uint32_t stream_id, FlvFile file)
    : connection_(connection),
      stream_id_(stream_id),
      file_(std::move(file)),
      lane_(connection.outbox(), {.lossless = true}, [this] { drained(); }),
      buffer_ms_(default_buffer_ms) {}

RecordedPlay::~RecordedPlay() = default;

void RecordedPlay::start(double start_ms, double duration_ms) {
  lane_.send(connection_.session().acceptPlay(stream_id_, true).send, connection_.now());
  connection_.playBegan(stream_id_);
  const double begin = std::max(0.0, start_ms);
  if (duration_ms >= 0) end_ms_ = begin + duration_ms;
  locate(begin);
}

void RecordedPlay::pause(bool pause) {
  paused_ = pause;
  if (!pause) {
    // What was sent ahead before the pause is not sent ahead twice.
    anchor_ms_ = newest_ms_;
    anchor_time_ = connection_.now() + milliseconds(buffer_ms_);
  }
  work();
}

void RecordedPlay::seek(double time_ms) {
  if (!file_) return;
  const auto tell = [this](std::string_view code, std::string_view description) {
    lane_.send(connection_.session().status(stream_id_, "status", code, description).send, connection_.now());
  };
  tell("NetStream.Seek.Notify", "Searching.");
  tell("NetStream.Play.Start", "Goes on from another place.");
  locate(time_ms);
}

void RecordedPlay::receive(bool video, bool enabled) {
  (video ? receive_video_ : receive_audio_) = enabled;
}

void RecordedPlay::bufferLength(std::uint32_t ms) {
  buffer_ms_ = std::clamp(ms, least_buffer_ms, most_buffer_ms);
}

void RecordedPlay::locate(double time_ms) {
  search_.emplace();
  search_->target_ms = time_ms;
  search_->offset = file_->firstTag();
  searchOn();
}

void RecordedPlay::searchOn() {
  read_bytes_ = 0;
  for (std::size_t count = 0; count < tags_per_step && read_bytes_ < bytes_per_step; ++count) {
    const auto tag = file_->tag(search_->offset);
    if (!tag || !look(*tag)) return beginAt(*std::exchange(search_, {}));
    search_->offset = tag->next();
  }
  timer_ = connection_.context().scheduler.after({}, [this] { searchOn(); });
}

// False: what is wanted lies before this tag.
bool RecordedPlay::look(const FlvTagPlace& tag) {
  if (tag.timestamp > search_->target_ms && (search_->key || search_->first)) return false;
  if (!isMedia(tag) && !isData(tag)) return true;
  const auto message = peek(tag);
  if (!message) return false;
  if (!isData(tag)) {
    note(tag, *message);
  } else if (isMetadata(*message->out.message.payload)) {
    // What NetStream.send left in the file belongs to its own moment only.
    search_->configs.insert_or_assign(0, tag);
  }
  return true;
}

// With as little of the body as tells what it is.
std::optional<RelayMessage> RecordedPlay::peek(const FlvTagPlace& tag) {
  auto message = read(tag, tag.timestamp, peek_bytes);
  if (!message || message->media || isData(tag) || tag.size <= peek_bytes) return message;
  return read(tag, tag.timestamp);
}

std::optional<RelayMessage> RecordedPlay::read(const FlvTagPlace& tag, std::uint32_t timestamp,
                                               std::size_t most) {
  auto body = file_->body(tag, most);
  if (!body) return {};
  read_bytes_ += body->size();
  return relayBody(static_cast<rtmp::MessageType>(tag.type), timestamp, rtmp::makePayload(std::move(*body)),
                   connection_.now());
}

void RecordedPlay::note(const FlvTagPlace& tag, const RelayMessage& message) {
  if (message.isConfig()) {
    const bool second = message.media->packet != rtmp::MediaBody::Packet::config;
    const std::uint32_t track = message.media->track;
    search_->configs.insert_or_assign(tag.type | track << 8 | (second ? 1U << 16 : 0U), tag);
  } else if (message.isVideoFrame()) {
    search_->has_video = true;
    if (message.out.frame == FrameKind::key) search_->key = tag;
  } else if (!search_->first || search_->first->timestamp != tag.timestamp) {
    search_->first = tag;
  }
}

void RecordedPlay::beginAt(const Search& found) {
  const auto& from = found.has_video && found.key ? found.key : found.first;
  if (!from) return complete();
  for (const auto& [what, tag] : found.configs) {
    if (tag.offset < from->offset) send(tag, from->timestamp);
  }
  offset_ = from->offset;
  anchor_ms_ = newest_ms_ = from->timestamp;
  anchor_time_ = connection_.now();
  work();
}

void RecordedPlay::work() {
  if (paused_ || search_ || !file_) return;
  timer_.cancel();
  resting_ = false;
  read_bytes_ = 0;
  for (std::size_t count = 0; count < tags_per_step && read_bytes_ < bytes_per_step; ++count) {
    if (!lane_.hasRoom() || !sendNext()) return;
  }
  resting_ = true;
  timer_ = connection_.context().scheduler.after({}, [this] { work(); });
}

// May come many times within one task.
void RecordedPlay::drained() {
  if (!file_) return endWhenSent();
  if (!resting_) work();
}

void RecordedPlay::endWhenSent() {
  if (lane_.empty()) connection_.discard(stream_id_);
}

// False: not now; a timer or the drained lane goes on.
bool RecordedPlay::sendNext() {
  const auto tag = file_->tag(offset_);
  if (!tag || (end_ms_ >= 0 && tag->timestamp > end_ms_)) {
    complete();
    return false;
  }
  const auto wait = due(tag->timestamp) - connection_.now();
  if (wait > net::Duration::zero()) {
    timer_ = connection_.context().scheduler.after(wait, [this] { work(); });
    return false;
  }
  send(*tag, tag->timestamp);
  newest_ms_ = tag->timestamp;
  offset_ = tag->next();
  return true;
}

void RecordedPlay::complete() {
  file_.reset();
  timer_.cancel();
  lane_.send(connection_.session().playComplete(stream_id_).send, connection_.now());
  endWhenSent();
}

void RecordedPlay::send(const FlvTagPlace& tag, std::uint32_t timestamp) {
  if (!isMedia(tag) && !isData(tag)) return;
  if (!wants(tag)) return;
  auto message = read(tag, timestamp);
  if (!message) return;
  message->out.message.stream_id = stream_id_;
  lane_.send(message->out);
}

// Configuration is sent to those who do not want the frames, too: they may change their mind.
bool RecordedPlay::wants(const FlvTagPlace& tag) {
  if (isData(tag) || (tag.type == 9 ? receive_video_ : receive_audio_)) return true;
  const auto message = peek(tag);
  return message && !message->isFrame();
}

rtmp::TimePoint RecordedPlay::due(std::uint32_t timestamp) const {
  // Files may turn back in time: serial arithmetic.
  const auto ahead = static_cast<std::int32_t>(timestamp - anchor_ms_);
  return anchor_time_ + milliseconds(ahead) - milliseconds(buffer_ms_);
}

}  // namespace multiconn::origin
