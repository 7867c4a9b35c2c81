#include "origin/relay_message.hpp"

#include <string_view>
#include <utility>

namespace multiconn::origin {
namespace {

using rtmp::MediaBody;
using rtmp::MessageType;
using Class = rtmp::QueuedMessage::Class;

RelayMessage wrap(MessageType type, std::uint32_t timestamp, rtmp::Payload body, rtmp::TimePoint now) {
  RelayMessage message;
  message.out.message = {type, rtmp::chunkStreamFor(type, 1), timestamp, 1, std::move(body)};
  message.out.queued_at = now;
  return message;
}

Class classOf(const MediaBody& media) {
  switch (media.packet) {
    case MediaBody::Packet::config:
    case MediaBody::Packet::multichannel:
    case MediaBody::Packet::metadata:
      return Class::config;
    default:
      return media.video ? Class::video : Class::audio;
  }
}

// FLV 10.1 E.4.3.1, Enhanced RTMP v2 "Enhanced Video": the frame type has the same three bits in both forms.
FrameKind kindFromFirstByte(rtmp::BytesView body) {
  if (body.empty()) return FrameKind::inter;
  return (std::to_integer<unsigned>(body[0]) >> 4 & 7U) == 1 ? FrameKind::key : FrameKind::inter;
}

// A string value, as every encoder writes names: marker 2 and a 16-bit length (AMF0 2.4). Nothing for all
// else.
std::optional<std::string_view> takeString(rtmp::ByteReader& reader) {
  constexpr std::uint8_t string_marker = 2;
  if (reader.u8() != string_marker) return {};
  const std::string_view text = reader.text(reader.u16());
  return reader.ok() ? std::optional(text) : std::nullopt;
}

}  // namespace

RelayMessage relayBody(MessageType type, std::uint32_t timestamp, rtmp::Payload body, rtmp::TimePoint now) {
  if (!body) body = rtmp::makePayload({});
  const rtmp::BytesView bytes = *body;
  RelayMessage message = wrap(type, timestamp, std::move(body), now);
  const bool video = type == MessageType::video;
  if (!video && type != MessageType::audio) return message;
  MediaBody media;
  const rtmp::Error error = video ? rtmp::parseVideoBody(bytes, media) : rtmp::parseAudioBody(bytes, media);
  if (error == rtmp::Error::none) {
    message.out.kind = classOf(media);
    message.out.frame = media.packet == MediaBody::Packet::frames ? media.kind : FrameKind::inter;
    message.media = media;
  } else {
    message.out.kind = video ? Class::video : Class::audio;
    if (video) message.out.frame = kindFromFirstByte(bytes);
  }
  return message;
}

std::optional<RelayData> relayData(const rtmp::Message& message, const rtmp::Data& data,
                                   rtmp::TimePoint now) {
  if (!data.body || data.body->empty()) return {};
  RelayData result;
  rtmp::Payload body = data.body;
  rtmp::ByteReader reader(*data.body);
  const auto first = takeString(reader);
  if (first == "@setDataFrame" || first == "@clearDataFrame") {
    const rtmp::BytesView rest = reader.rest();
    const auto name = takeString(reader);
    if (!name) return {};
    result.action = first == "@setDataFrame" ? RelayData::Action::store : RelayData::Action::erase;
    result.name = *name;
    body = rtmp::makePayload({rest.begin(), rest.end()});
  } else {
    result.name = first.value_or("");
  }
  result.message = wrap(MessageType::data_amf0, message.timestamp, std::move(body), now);
  return result;
}

}  // namespace multiconn::origin
