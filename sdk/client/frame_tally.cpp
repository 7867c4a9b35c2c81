#include "client/frame_tally.hpp"

#include <algorithm>

namespace multiconn::client {

void FrameTally::push(const rtmp::QueuedMessage& message) {
  const std::uint64_t index = (next_ - first_) % block_size;
  if (index == 0) {
    if (blocks_.size() == most_blocks) {
      blocks_.pop();
      first_ += block_size;
    }
    blocks_.push({all_, {}});
  }
  const Kind kind = kindOf(message);
  blocks_.back().kinds[index] = kind;
  add(all_, kind);
  ++next_;
}

rtmp::DropCounts FrameTally::before(std::uint64_t number) const {
  if (number >= next_) return all_;
  const std::uint64_t place = std::max(number, first_) - first_;
  const Block& block = blocks_[place / block_size];
  rtmp::DropCounts counts = block.before;
  for (std::uint64_t i = 0; i < place % block_size; ++i) add(counts, block.kinds[i]);
  return counts;
}

FrameTally::Kind FrameTally::kindOf(const rtmp::QueuedMessage& message) {
  if (message.kind == rtmp::QueuedMessage::Class::audio) return Kind::audio;
  if (message.kind != rtmp::QueuedMessage::Class::video) return Kind::none;
  if (message.frame == FrameKind::disposable) return Kind::disposable;
  return message.frame == FrameKind::inter ? Kind::inter : Kind::key;
}

void FrameTally::add(rtmp::DropCounts& counts, Kind kind) {
  switch (kind) {
    case Kind::disposable:
      ++counts.disposable;
      break;
    case Kind::inter:
      ++counts.inter;
      break;
    case Kind::key:
      ++counts.key;
      break;
    case Kind::audio:
      ++counts.audio;
      break;
    case Kind::none:
      break;
  }
}

rtmp::DropCounts framesIn(const rtmp::QueuedMessage& message) {
  rtmp::DropCounts counts;
  FrameTally::add(counts, FrameTally::kindOf(message));
  return counts;
}

rtmp::DropCounts operator-(rtmp::DropCounts all, const rtmp::DropCounts& before) {
  all.disposable -= before.disposable;
  all.inter -= before.inter;
  all.key -= before.key;
  all.audio -= before.audio;
  return all;
}

rtmp::DropCounts& operator+=(rtmp::DropCounts& sum, const rtmp::DropCounts& more) {
  sum.disposable += more.disposable;
  sum.inter += more.inter;
  sum.key += more.key;
  sum.audio += more.audio;
  return sum;
}

}  // namespace multiconn::client
