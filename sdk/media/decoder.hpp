#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "media/ffmpeg.hpp"

namespace multiconn::media {

/// One track's packets in, pictures or sound out, all with times in microseconds.
class Decoder {
 public:
  using Take = std::function<void(AVFrame&)>;

  /// Throws std::runtime_error when this FFmpeg cannot decode it.
  explicit Decoder(const AVCodecParameters& parameters);

  /// A damaged packet gives nothing, or what can be made of it.
  void decode(const AVPacket& packet, const Take& take);
  /// What is still inside. Nothing can be decoded afterwards.
  void drain(const Take& take);

 private:
  void send(const AVPacket* packet, const Take& take);
  void completeTime(AVFrame& picture);

  CodecContextPtr context_;
  FramePtr frame_ = newFrame();
  std::optional<std::int64_t> last_pts_;
  std::int64_t last_step_ = 0;
};

}  // namespace multiconn::media
