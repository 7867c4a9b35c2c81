#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace multiconn {

/// The codecs RTMP carries: the first four in the classic FLV form, the others by Enhanced RTMP's FourCC.
enum class Codec : std::uint8_t { h264, aac, mp3, hevc, av1, vp8, vp9, opus, flac, ac3, eac3 };

/// `config`: the codec's configuration record. `key`: decodable by itself (every audio frame is).
/// `disposable`: no other frame refers to it, the first to go when a server is slow.
enum class FrameKind : std::uint8_t { config, key, inter, disposable };

constexpr bool isVideo(Codec codec) {
  switch (codec) {
    case Codec::h264:
    case Codec::hevc:
    case Codec::av1:
    case Codec::vp8:
    case Codec::vp9:
      return true;
    default:
      return false;
  }
}

/// "h264", "aac", ...
const char* name(Codec codec);

/// One access unit. Video as in MP4: length-prefixed NAL units with the configuration record (avcC, hvcC,
/// av1C, vpcC) as a `config` frame; Annex B is accepted and converted. AAC raw with the AudioSpecificConfig
/// as `config`; ADTS is accepted and converted. Opus `config`: the ID header (RFC 7845 5.1). FLAC `config`:
/// STREAMINFO, 34 bytes or with its "fLaC" and block header. MP3, AC-3 and E-AC-3 have none.
struct EncodedFrame {
  std::shared_ptr<const std::vector<std::byte>> data;  ///< never changed after it is handed over
  Codec codec{};
  FrameKind kind = FrameKind::key;
  std::chrono::microseconds dts{};  ///< decode time; any origin, the same for audio and video
  std::chrono::microseconds pts{};  ///< presentation time; ignored for audio
};

}  // namespace multiconn
