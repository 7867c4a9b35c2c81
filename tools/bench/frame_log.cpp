#include "frame_log.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <set>
#include <sstream>

#include "rtmp/media_body.hpp"

namespace multiconn::bench {
namespace {

constexpr std::string_view magic = "mark";
constexpr std::size_t video_mark_at = 5;  // behind the NAL unit's length and header

std::uint64_t readNumber(rtmp::BytesView bytes) {
  std::uint64_t value = 0;
  for (const std::byte each : bytes.first(8)) value = value << 8 | static_cast<std::uint8_t>(each);
  return value;
}

void writeNumber(std::uint64_t value, std::byte* to) {
  for (int i = 7; i >= 0; --i, value >>= 8) to[i] = static_cast<std::byte>(value & 0xFF);
}

std::optional<Mark> markIn(rtmp::BytesView payload, std::size_t at) {
  if (payload.size() < at + mark_size || rtmp::asText(payload.subspan(at, magic.size())) != magic) return {};
  return Mark{readNumber(payload.subspan(at + 4)),
              static_cast<std::int64_t>(readNumber(payload.subspan(at + 12)))};
}

std::optional<SeenFrame> toFrame(const rtmp::MediaBody& body) {
  using Packet = rtmp::MediaBody::Packet;
  using Kind = SeenFrame::Kind;
  SeenFrame frame;
  if (body.packet == Packet::config) {
    frame.kind = body.video ? Kind::video_config : Kind::audio_config;
  } else if (body.packet == Packet::frames) {
    frame.kind = !body.video ? Kind::audio : body.kind == FrameKind::key ? Kind::key : Kind::inter;
    frame.mark = markIn(body.payload, body.video ? video_mark_at : 0);
  } else {
    return {};
  }
  return frame;
}

}  // namespace

std::int64_t nowMicroseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

void writeMark(const Mark& mark, rtmp::Bytes& payload, std::size_t at) {
  std::memcpy(payload.data() + at, magic.data(), magic.size());
  writeNumber(mark.number, payload.data() + at + 4);
  writeNumber(static_cast<std::uint64_t>(mark.handed_us), payload.data() + at + 12);
}

std::optional<SeenFrame> seenFrame(const rtmp::Message& message, std::int64_t arrived_us) {
  rtmp::MediaBody body;
  const auto* const audio = std::get_if<rtmp::Audio>(&message.body);
  const auto* const video = std::get_if<rtmp::Video>(&message.body);
  if (audio == nullptr && video == nullptr) return {};
  const rtmp::BytesView bytes =
      audio != nullptr ? rtmp::BytesView(*audio->body) : rtmp::BytesView(*video->body);
  const rtmp::Error error =
      audio != nullptr ? rtmp::parseAudioBody(bytes, body) : rtmp::parseVideoBody(bytes, body);
  if (error != rtmp::Error::none) return {};
  auto frame = toFrame(body);
  if (frame) {
    frame->timestamp = message.timestamp;
    frame->arrived_us = arrived_us;
  }
  return frame;
}

std::string toLine(const SeenFrame& frame) {
  std::ostringstream line;
  line << static_cast<char>(frame.kind) << ' ' << frame.timestamp << ' ' << frame.arrived_us;
  if (frame.mark) line << ' ' << frame.mark->number << ' ' << frame.mark->handed_us;
  return line.str();
}

std::optional<SeenFrame> fromLine(std::string_view text) {
  std::istringstream line{std::string(text)};
  char kind = 0;
  SeenFrame frame;
  Mark mark;
  if (!(line >> kind >> frame.timestamp >> frame.arrived_us)) return {};
  if (std::string_view("CKIca").find(kind) == std::string_view::npos) return {};
  frame.kind = static_cast<SeenFrame::Kind>(kind);
  if (line >> mark.number >> mark.handed_us) frame.mark = mark;
  return frame;
}

std::vector<SeenFrame> framesIn(std::string_view lines) {
  std::vector<SeenFrame> frames;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    if (const auto frame = fromLine(lines.substr(0, end))) frames.push_back(*frame);
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return frames;
}

std::uint64_t missing(const std::vector<SeenFrame>& frames, bool video, std::uint64_t count) {
  std::set<std::uint64_t> numbers;
  for (const SeenFrame& frame : frames)
    if (frame.mark && frame.video() == video && frame.mark->number < count)
      numbers.insert(frame.mark->number);
  return count - numbers.size();
}

std::vector<double> delays(const std::vector<SeenFrame>& frames, std::int64_t from_us) {
  std::vector<double> all;
  for (const SeenFrame& frame : frames)
    if (frame.mark && frame.video() && frame.mark->handed_us >= from_us)
      all.push_back(static_cast<double>(frame.arrived_us - frame.mark->handed_us) / 1e3);
  return all;
}

bool DecodableFrom::see(SeenFrame::Kind kind) {
  if (kind == SeenFrame::Kind::video_config) configured_ = true;
  if (kind == SeenFrame::Kind::key && configured_) decodable_ = true;
  return decodable_;
}

}  // namespace multiconn::bench
