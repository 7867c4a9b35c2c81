#pragma once

#include <cstdint>
#include <optional>

#include <multiconn/frame.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"

namespace multiconn::rtmp {

/// What the first bytes of an audio or video message say (FLV 10.1 E.4.2-E.4.3; Enhanced RTMP v1 and v2).
struct MediaBody {
  enum class Packet : std::uint8_t { config, frames, end, metadata, multichannel, command };

  bool video = false;
  std::optional<Codec> codec;  ///< nothing: one we only relay
  std::uint32_t four_cc = 0;   ///< 0 in the classic form
  Packet packet = Packet::frames;
  FrameKind kind = FrameKind::key;  ///< of `frames` packets; audio is always `key`
  std::int32_t composition_ms = 0;  ///< pts - dts
  std::uint32_t nanosecond_offset = 0;
  bool multitrack = false;  ///< then `payload` is the first track's and `track` its id
  std::uint8_t track = 0;
  BytesView payload;  ///< into the body that was parsed
};

/// An empty audio body (silence) is media_truncated. Packet types without a meaning are media_malformed. Of
/// classic codecs we only relay, `payload` is everything behind the first byte.
Error parseAudioBody(BytesView body, MediaBody& out);
Error parseVideoBody(BytesView body, MediaBody& out);

/// The message body for a frame that is in RTMP's own form (see FrameNormalizer): the classic form for H.264,
/// AAC and MP3 (whose header fields are read from the MPEG frame itself), Enhanced RTMP for all others.
/// `composition_ms` is clamped to 24 bits signed.
struct MediaBodyInput {
  Codec codec{};
  FrameKind kind{};
  std::int32_t composition_ms = 0;
  BytesView data;
};
Bytes buildMediaBody(const MediaBodyInput& input);

/// "hvc1" and the like as a number. H.264, AAC and MP3 have one too ("avc1", "mp4a", ".mp3"), though
/// buildMediaBody() does not use it.
std::uint32_t fourCc(Codec codec);

/// What onMetaData calls the codec: 7, 10, 2, or the FourCC as a number.
double metadataCodecId(Codec codec);

}  // namespace multiconn::rtmp
