#pragma once

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

#include <chrono>
#include <memory>
#include <string>

namespace multiconn::media {

using Microseconds = std::chrono::microseconds;

struct FreePacket {
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};
using PacketPtr = std::unique_ptr<AVPacket, FreePacket>;

/// What FFmpeg says of a negative return value.
inline std::string errorText(int code) {
  char text[AV_ERROR_MAX_STRING_SIZE] = {};
  av_strerror(code, text, sizeof text);
  return text;
}

inline Microseconds toMicroseconds(std::int64_t ticks, AVRational time_base) {
  return Microseconds(av_rescale_q(ticks, time_base, AVRational{1, AV_TIME_BASE}));
}

}  // namespace multiconn::media
