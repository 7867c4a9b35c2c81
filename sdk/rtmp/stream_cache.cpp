#include "rtmp/stream_cache.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::rtmp {
namespace {

using Class = QueuedMessage::Class;
using Packet = MediaBody::Packet;

bool isOfDefaultTrack(const MediaBody& body) {
  return !body.multitrack || body.track == 0;
}

bool equalBodies(const OutMessage& a, const OutMessage& b) {
  return a.payload && b.payload ? *a.payload == *b.payload : a.payload == b.payload;
}

// What a message weighs beside its body, so that many tiny ones are bounded too.
constexpr std::size_t bookkeeping = 128;

std::size_t sizeOf(const QueuedMessage& message) {
  return bookkeeping + (message.message.payload ? message.message.payload->size() : 0);
}

// Only the default track's keyframes are points to begin at; another track's must not look like one.
FrameKind kindOf(const MediaBody& body) {
  return body.kind == FrameKind::key && !isOfDefaultTrack(body) ? FrameKind::inter : body.kind;
}

}  // namespace

// Audio frames that need another configuration record than the newest would be decoded wrongly: they go.
void StreamCache::audio(const OutMessage& message, const MediaBody& body) {
  newest_timestamp_ = message.timestamp;
  if (body.packet == Packet::config || body.packet == Packet::multichannel) {
    if (!noteConfig(audio_config_, message, body)) return;
    std::erase_if(gop_, [this](const QueuedMessage& m) {
      if (m.kind == Class::audio) gop_size_ -= sizeOf(m);
      return m.kind == Class::audio;
    });
  } else if (body.packet == Packet::frames && !gop_.empty()) {
    keep({message, Class::audio, FrameKind::key});
  }
}

void StreamCache::video(const OutMessage& message, const MediaBody& body) {
  newest_timestamp_ = message.timestamp;
  switch (body.packet) {
    case Packet::config:
    case Packet::metadata:
      if (noteConfig(video_config_, message, body) && body.packet == Packet::config) dropGop();
      return;
    case Packet::end:
      return dropGop();
    case Packet::frames:
      break;
    default:
      return;
  }
  has_video_frames_ = true;
  const bool begins = body.kind == FrameKind::key && isOfDefaultTrack(body);
  if (begins) dropGop();
  if (begins || !gop_.empty()) keep({message, Class::video, kindOf(body)});
}

void StreamCache::clear() {
  dropGop();
  metadata_.reset();
  audio_config_.clear();
  video_config_.clear();
  newest_timestamp_ = 0;
  has_video_frames_ = false;
}

void StreamCache::replay(const std::function<void(QueuedMessage)>& each) const {
  const std::uint32_t time = gop_.empty() ? newest_timestamp_ : gop_.front().message.timestamp;
  const auto at_start = [&](OutMessage message, Class kind) {
    message.timestamp = time;
    each({std::move(message), kind});
  };
  if (metadata_) at_start(*metadata_, Class::control);
  for (const auto& [track, config] : video_config_) at_start(config, Class::config);
  for (const auto& [track, config] : audio_config_) at_start(config, Class::config);
  for (const QueuedMessage& message : gop_) each(message);
}

// True when it differs from what was known.
bool StreamCache::noteConfig(Configs& configs, const OutMessage& message, const MediaBody& body) {
  constexpr std::uint16_t second_record = 0x100;
  const bool second = body.packet != Packet::config;
  const auto key = static_cast<std::uint16_t>(body.track | (second ? second_record : 0));
  const auto found = configs.find(key);
  const bool changed = found == configs.end() || !equalBodies(found->second, message);
  configs.insert_or_assign(key, message);
  return changed;
}

void StreamCache::keep(QueuedMessage message) {
  gop_size_ += sizeOf(message);
  if (gop_size_ > gop_bytes_) return dropGop();
  gop_.push_back(std::move(message));
}

void StreamCache::dropGop() {
  gop_.clear();
  gop_size_ = 0;
}

}  // namespace multiconn::rtmp
