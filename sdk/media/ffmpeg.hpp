#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <chrono>
#include <memory>
#include <new>
#include <string>

namespace multiconn::media {

using Microseconds = std::chrono::microseconds;
inline constexpr AVRational microsecond{1, AV_TIME_BASE};

struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
struct FreeFrame {
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
};
struct FreeCodecContext {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
};
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;
using FramePtr = std::unique_ptr<AVFrame, FreeFrame>;
using CodecContextPtr = std::unique_ptr<AVCodecContext, FreeCodecContext>;

/// What FFmpeg's allocators return; throws std::bad_alloc for null.
template <typename T>
T* allocated(T* pointer) {
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}
inline PacketPtr newPacket() {
  return PacketPtr(allocated(av_packet_alloc()));
}
inline FramePtr newFrame() {
  return FramePtr(allocated(av_frame_alloc()));
}

/// What FFmpeg says of a negative return value.
inline std::string errorText(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

inline Microseconds toMicroseconds(std::int64_t ticks, AVRational time_base) {
  return Microseconds(av_rescale_q(ticks, time_base, microsecond));
}

/// The log is one for the whole process: an application that has chosen its level keeps it.
inline void quietLog() {
  if (av_log_get_level() == AV_LOG_INFO) av_log_set_level(AV_LOG_FATAL);
}

}  // namespace multiconn::media
