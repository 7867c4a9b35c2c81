#include "chaos/ledger.hpp"

#include <algorithm>

#include "support/media_frames.hpp"

namespace multiconn::chaos {

namespace {

// FLV 10.1 E.4.2 and E.4.3: flags, packet type, and for pictures the composition time.
constexpr std::size_t audio_header = 2, video_header = 5;

bool sameBytes(rtmp::BytesView body, const EncodedFrame& frame) {
  return std::equal(body.begin(), body.end(), frame.data->begin(), frame.data->end());
}

}  // namespace

EncodedFrame Ledger::frame(Kind kind, std::uint32_t number, const Written& written,
                           std::chrono::microseconds dts) {
  if (kind == Kind::audio) return test::audio(number, dts, written.size);
  return test::video(written.kind, number, dts, written.size, std::chrono::milliseconds(written.composition));
}

std::optional<Seen> Ledger::recognise(const rtmp::Message& message) const {
  if (const auto* picture = std::get_if<rtmp::Video>(&message.body))
    return recogniseVideo(message, *picture->body);
  if (const auto* sound = std::get_if<rtmp::Audio>(&message.body))
    return recogniseAudio(message, *sound->body);
  return {};
}

std::optional<Seen> Ledger::recogniseVideo(const rtmp::Message& message, rtmp::BytesView body) const {
  if (body.size() < video_header) return {};
  rtmp::ByteReader reader(body);
  const std::uint8_t flags = reader.u8(), packet = reader.u8();
  const std::uint32_t composition = reader.u24();
  body = body.subspan(video_header);
  if (packet == 0) {
    if (!sameBytes(body, test::videoConfig())) return {};
    return Seen{Kind::video, true, 0, message.timestamp, {}};
  }
  if (body.size() < 9) return {};
  reader.u32();
  reader.u8();
  const std::uint32_t number = reader.u32();
  if (number >= video_.size()) return {};
  const Written& written = video_[number];
  const bool key = (flags >> 4U) == 1;
  if (key != (written.kind == FrameKind::key) || composition != written.composition) return {};
  if (!sameBytes(body, frame(Kind::video, number, written, {}))) return {};
  return Seen{Kind::video, false, number, message.timestamp, {}};
}

std::optional<Seen> Ledger::recogniseAudio(const rtmp::Message& message, rtmp::BytesView body) const {
  if (body.size() < audio_header) return {};
  const bool config = std::to_integer<int>(body[1]) == 0;
  body = body.subspan(audio_header);
  if (config) {
    if (!sameBytes(body, test::audioConfig())) return {};
    return Seen{Kind::audio, true, 0, message.timestamp, {}};
  }
  rtmp::ByteReader reader(body);
  reader.u8();
  const std::uint32_t number = reader.u32();
  if (number >= audio_.size() || !sameBytes(body, frame(Kind::audio, number, audio_[number], {}))) return {};
  return Seen{Kind::audio, false, number, message.timestamp, {}};
}

}  // namespace multiconn::chaos
