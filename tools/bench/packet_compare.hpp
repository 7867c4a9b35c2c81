#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace multiconn::bench {

using Microseconds = std::chrono::microseconds;

/// One packet of a track, as a demuxer gives it.
struct Packet {
  std::optional<Microseconds> dts;
  std::optional<Microseconds> pts;
  std::size_t size = 0;
  std::string md5;  ///< of the payload, in hexadecimal
};

struct Track {
  bool video = false;
  std::string codec;
  std::vector<Packet> packets;
};

/// `exact`: dts and pts of all tracks are those of the input after rounding to 1 ms and one constant.
/// `nginx`: from packet to packet dts advances, and pts is ahead of it, as in the input within 1 ms, which is
/// what nginx-rtmp leaves of it. `none`: not compared.
enum class TimestampRule : std::uint8_t { exact, nginx, none };

struct TrackReport {
  bool video = false;
  std::string codec;
  bool other_codec = false;   ///< the capture names another one
  std::size_t frames = 0;     ///< of the input
  std::size_t lost = 0;       ///< in the input only
  std::size_t extra = 0;      ///< in the capture only
  std::size_t differing = 0;  ///< in both places, with another payload
  double worst_ms = 0;        ///< largest difference of a timestamp beyond rounding
  bool equal = false;
};

struct Report {
  std::vector<TrackReport> tracks;
  bool equal = false;  ///< there is at least one track, and all are
};

/// Compares the first video and the first audio track of both.
Report compare(const std::vector<Track>& input, const std::vector<Track>& capture, TimestampRule rule);

}  // namespace multiconn::bench
