#include "client/broadcast.hpp"

#include <algorithm>
#include <utility>

#include "client/metadata.hpp"
#include "rtmp/media_body.hpp"
#include "rtmp/message.hpp"
#include "rtmp/slot_value.hpp"

namespace multiconn::client {

namespace {

constexpr std::size_t most_data_frames = 64;
constexpr std::size_t max_held_bytes = 8 * 1024 * 1024;
// Our own origin reads no more; others mostly less.
constexpr std::size_t longest_message = rtmp::Limits().max_media_message;
// One byte of flags, the FourCC and the composition time (Enhanced RTMP v2 "Enhanced Video").
constexpr std::size_t longest_body_header = 8;
// What chunk streams are chosen by; every server gives the stream an id of its own.
constexpr std::uint32_t any_stream = 1;

rtmp::OutMessage mediaMessage(Track track, const EncodedFrame& frame, Timeline::Position position) {
  rtmp::OutMessage message;
  message.type = track == Track::video ? rtmp::MessageType::video : rtmp::MessageType::audio;
  message.chunk_stream = rtmp::chunkStreamFor(message.type, any_stream);
  message.timestamp = position.timestamp;
  message.payload = rtmp::makePayload(
      rtmp::buildMediaBody({frame.codec, frame.kind, position.composition_ms, rtmp::BytesView(*frame.data)}));
  return message;
}

rtmp::QueuedMessage::Class classOf(Track track, FrameKind kind) {
  if (kind == FrameKind::config) return rtmp::QueuedMessage::Class::config;
  return track == Track::video ? rtmp::QueuedMessage::Class::video : rtmp::QueuedMessage::Class::audio;
}

const char* codecProperty(Track track) {
  return track == Track::video ? "videocodecid" : "audiocodecid";
}

}  // namespace

Broadcast::Broadcast(Emit emit, Timestamps timestamps, ResumeRing::Bounds kept)
    : emit_(std::move(emit)), timeline_(timestamps), ring_(kept) {}

void Broadcast::expect(Track track, bool expected) {
  of(track).expected = expected;
}

rtmp::Error Broadcast::write(Track track, const EncodedFrame& frame, rtmp::TimePoint now) {
  if (isVideo(frame.codec) != (track == Track::video)) return rtmp::Error::media_unsupported_codec;
  normalized_.clear();
  rtmp::Error error = of(track).normalizer.normalize(frame, normalized_);
  for (EncodedFrame& ready : std::exchange(normalized_, {})) {
    if (ready.data->size() > longest_message - longest_body_header)
      error = rtmp::Error::message_too_large;
    else
      accept(track, std::move(ready), now);
  }
  return error;
}

bool Broadcast::holding() const {
  return std::any_of(inputs_.begin(), inputs_.end(),
                     [](const Input& input) { return input.first_dts.has_value(); });
}

void Broadcast::release(rtmp::TimePoint now) {
  // A configuration record's time says nothing about the beginning.
  if (!holding()) return sendHeldData(now);
  std::optional<std::chrono::microseconds> first;
  for (Input& input : inputs_) {
    if (input.first_dts && (!first || *input.first_dts < *first)) first = input.first_dts;
    input.first_dts.reset();
  }
  timeline_.place(*first);
  held_bytes_ = 0;
  const std::vector<Held> held = std::exchange(held_, {});
  for (const Held& item : held)
    if (!item.data) noteCodec(item.track, item.frame.codec);
  for (const Held& item : held) {
    if (item.data)
      sendData(*item.data, now);
    else
      send(item.track, item.frame, now);
  }
}

// No frame has come that could have told their time.
void Broadcast::sendHeldData(rtmp::TimePoint now) {
  for (const Held& item : std::exchange(held_, {})) {
    if (!item.data) {
      held_.push_back(item);
      continue;
    }
    held_bytes_ -= item.data->payload->size();
    sendData(*item.data, now);
  }
}

void Broadcast::changeSource(Track track) {
  if (track == Track::video) ring_.videoEnded();
  timeline_.unplace(track);
  of(track).normalizer = {};
  of(track).first_dts.reset();
  forgetHeld(track);
}

void Broadcast::forgetHeld(Track track) {
  const auto of_track = [&](const Held& item) { return !item.data && item.track == track; };
  for (const Held& item : held_)
    if (of_track(item)) held_bytes_ -= item.frame.data->size();
  std::erase_if(held_, of_track);
}

void Broadcast::metadata(AmfObject properties, rtmp::TimePoint now) {
  metadata_ = std::move(properties);
  metadata_sent_ = false;
  if (media_sent_) sendMetadata(now);
}

rtmp::Error Broadcast::data(std::vector<AmfValue> values, rtmp::TimePoint now) {
  for (const AmfValue& value : values)
    if (!rtmp::within(value, rtmp::Limits().amf_depth)) return rtmp::Error::amf_too_deep;
  rtmp::Message message;
  message.stream_id = any_stream;
  message.body = rtmp::Data{std::move(values), {}};
  auto encoded = rtmp::encode(message);
  if (!encoded) return encoded.error();
  if (encoded->payload->size() > rtmp::Limits().max_other_message) return rtmp::Error::message_too_large;
  const bool waits = holding() || !timeline_.begun();
  const std::size_t held_then = held_bytes_ + encoded->payload->size();
  if (waits && !holding() && held_then > max_held_bytes) return rtmp::Error::message_too_large;
  const rtmp::Error error = rememberData(std::get<rtmp::Data>(message.body).values, *encoded);
  if (error != rtmp::Error::none) return error;
  if (waits) {
    held_bytes_ = held_then;
    held_.push_back({{}, {}, std::move(*encoded)});
    if (holding() && held_bytes_ >= max_held_bytes) release(now);
  } else {
    sendData(std::move(*encoded), now);
  }
  return rtmp::Error::none;
}

// What servers keep for players that join, they lose with the connection.
rtmp::Error Broadcast::rememberData(const std::vector<AmfValue>& values, const rtmp::OutMessage& message) {
  const std::string* const handler = values.empty() ? nullptr : values[0].string();
  const std::string* const name = values.size() < 2 ? nullptr : values[1].string();
  if (!handler || !name) return rtmp::Error::none;
  if (*handler == "@clearDataFrame") {
    ring_.clearDataFrame(*name);
    if (*name == "onMetaData") ring_.clearMetadata();
  }
  if (*handler != "@setDataFrame") return rtmp::Error::none;
  const auto& known = ring_.head().data_frames;
  if (known.size() == most_data_frames && !known.contains(*name)) return rtmp::Error::message_too_large;
  ring_.dataFrame(*name, message);
  return rtmp::Error::none;
}

void Broadcast::skip(std::chrono::milliseconds idle) {
  if (media_sent_) timeline_.skip(idle);
}

void Broadcast::accept(Track track, EncodedFrame frame, rtmp::TimePoint now) {
  if (timeline_.placed(track)) {
    noteCodec(track, frame.codec);
    send(track, frame, now);
  } else {
    hold(track, std::move(frame), now);
  }
}

void Broadcast::hold(Track track, EncodedFrame frame, rtmp::TimePoint now) {
  Input& input = of(track);
  // Of records that no frame has needed yet the last one is enough.
  if (frame.kind == FrameKind::config && !input.first_dts) forgetHeld(track);
  if (frame.kind != FrameKind::config && !input.first_dts) input.first_dts = frame.dts;
  held_bytes_ += frame.data->size();
  held_.push_back({track, std::move(frame)});
  if (complete() || held_bytes_ >= max_held_bytes) release(now);
}

bool Broadcast::complete() const {
  return holding() && std::all_of(all_tracks.begin(), all_tracks.end(), [&](Track track) {
           const Input& input = inputs_[static_cast<std::size_t>(track)];
           return !input.expected || input.first_dts || timeline_.placed(track);
         });
}

void Broadcast::send(Track track, const EncodedFrame& frame, rtmp::TimePoint now) {
  const bool config = frame.kind == FrameKind::config;
  const Timeline::Position position =
      config ? Timeline::Position{timeline_.config(track), 0}
             : timeline_.frame(track, frame.dts, track == Track::video ? frame.pts : frame.dts);
  if (!metadata_sent_) sendMetadata(now);
  media_sent_ = true;
  emit({mediaMessage(track, frame, position), classOf(track, frame.kind), frame.kind, now});
}

void Broadcast::noteCodec(Track track, Codec codec) {
  if (of(track).codec == codec) return;
  of(track).codec = codec;
  metadata_sent_ = false;
}

void Broadcast::sendData(rtmp::OutMessage message, rtmp::TimePoint now) {
  message.timestamp = timeline_.now();
  emit({std::move(message), rtmp::QueuedMessage::Class::control, FrameKind::key, now});
}

void Broadcast::sendMetadata(rtmp::TimePoint now) {
  metadata_sent_ = true;
  AmfObject properties = AmfObject::ecmaArray();
  for (const Track track : all_tracks)
    if (of(track).codec) properties.set(codecProperty(track), rtmp::metadataCodecId(*of(track).codec));
  properties = portableMetadata(mergedProperties(std::move(properties), metadata_));
  rtmp::Message message;
  message.timestamp = timeline_.now();
  message.stream_id = any_stream;
  message.body = rtmp::Data{{"@setDataFrame", "onMetaData", std::move(properties)}, {}};
  auto encoded = rtmp::encode(message);
  if (!encoded) return;
  emit({*encoded, rtmp::QueuedMessage::Class::control, FrameKind::key, now});
  ring_.metadata(*encoded);
}

void Broadcast::emit(rtmp::QueuedMessage message) {
  message.number = ring_.next();
  ring_.push(message);
  emit_(message);
}

}  // namespace multiconn::client
