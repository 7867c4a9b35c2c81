#pragma once

#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include <multiconn/frame.hpp>

#include "media/ffmpeg.hpp"
#include "rtmp/frame_normalizer.hpp"

namespace multiconn::media {

using Emit = std::function<void(const EncodedFrame&)>;

/// The first of these encoders of libavcodec that this build has. Throws std::runtime_error: none of them.
const AVCodec& encoderNamed(std::initializer_list<const char*> names, const std::string& what);

/// An encoder of libavcodec; its packets come out in RTMP's own form, the configuration record first.
class EncoderContext {
 public:
  EncoderContext(const AVCodec& encoder, Codec codec);

  /// To be filled in before open().
  AVCodecContext& settings() { return *context_; }
  const AVCodecContext& settings() const { return *context_; }
  /// A setting of this one encoder; others do not know it.
  void set(const char* option, const std::string& value);
  /// Throws std::runtime_error with one sentence.
  void open();

  /// Null: no more will come, and what is still inside comes out. Throws std::runtime_error.
  void encode(const AVFrame* frame, const Emit& emit);

 private:
  void deliver(const AVPacket& packet, const Emit& emit);
  void normalize(const EncodedFrame& frame, const Emit& emit);
  [[noreturn]] void fail(const std::string& what, int error) const;

  Codec codec_;
  CodecContextPtr context_;
  PacketPtr packet_ = newPacket();
  rtmp::FrameNormalizer normalizer_;
  std::vector<EncodedFrame> normalized_;  // kept for its capacity
  bool configured_ = false;
};

}  // namespace multiconn::media
