#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include <multiconn/frame.hpp>

#include "client/source_feed.hpp"

namespace multiconn::client {

struct WrittenFrame {
  Track track;
  EncodedFrame frame;
  FeedId feed;
};

/// Frames that were written one after the other while the strand was busy, and go on together: one wake-up,
/// and each server is met once. Not so many that other tasks of the strand have to wait for long.
class FrameBatch {
 public:
  /// Beyond it another batch is begun.
  static constexpr std::size_t most_bytes = 128 * 1024, most_frames = 256;

  void push(WrittenFrame frame) {
    bytes_ += frame.frame.data->size();
    frames_.push_back(std::move(frame));
  }
  bool full() const { return bytes_ >= most_bytes || frames_.size() >= most_frames; }
  std::size_t bytes() const { return bytes_; }
  const std::vector<WrittenFrame>& frames() const { return frames_; }

 private:
  std::vector<WrittenFrame> frames_;
  std::size_t bytes_ = 0;
};

}  // namespace multiconn::client
