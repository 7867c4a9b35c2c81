#pragma once

#include <array>
#include <cstdint>

#include <multiconn/frame.hpp>

namespace multiconn::rtmp {

// What FLV 10.1 E.4.2 and E.4.3 and Enhanced RTMP v2 call things; for media_body alone.

constexpr std::uint32_t fourCcOf(const char (&text)[5]) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(text[i]);
  return value;
}

struct CodecId {
  Codec codec;
  std::uint32_t four_cc;
  std::uint32_t classic;  // of FLV 10.1 E.4.2 and E.4.3; 0: Enhanced RTMP only
};
inline constexpr std::array<CodecId, 11> codec_ids{{{Codec::h264, fourCcOf("avc1"), 7},
                                                    {Codec::aac, fourCcOf("mp4a"), 10},
                                                    {Codec::mp3, fourCcOf(".mp3"), 2},
                                                    {Codec::hevc, fourCcOf("hvc1"), 0},
                                                    {Codec::av1, fourCcOf("av01"), 0},
                                                    {Codec::vp8, fourCcOf("vp08"), 0},
                                                    {Codec::vp9, fourCcOf("vp09"), 0},
                                                    {Codec::opus, fourCcOf("Opus"), 0},
                                                    {Codec::flac, fourCcOf("fLaC"), 0},
                                                    {Codec::ac3, fourCcOf("ac-3"), 0},
                                                    {Codec::eac3, fourCcOf("ec-3"), 0}}};
inline constexpr std::uint32_t vvc = fourCcOf("vvc1");

enum class SoundFormat : std::uint8_t { mp3 = 2, enhanced = 9, aac = 10, mp3_8k = 14 };
enum class FrameType : std::uint8_t { key = 1, inter = 2, disposable = 3, generated_key = 4, command = 5 };
inline constexpr std::uint8_t classic_avc = 7;

// VideoPacketType and AudioPacketType of Enhanced RTMP v2; the values both share mean the same.
enum class ExPacket : std::uint8_t {
  sequence_start = 0,
  coded_frames = 1,
  sequence_end = 2,
  coded_frames_x = 3,          // video
  metadata = 4,                // video
  multichannel_config = 4,     // audio
  mpeg2ts_sequence_start = 5,  // video
  audio_multitrack = 5,
  video_multitrack = 6,
  mod_ex = 7,
};

/// Whether CodedFrames of this codec begin with a composition time.
inline bool hasComposition(std::uint32_t four_cc) {
  return four_cc == fourCcOf("avc1") || four_cc == fourCcOf("hvc1") || four_cc == vvc;
}

}  // namespace multiconn::rtmp
