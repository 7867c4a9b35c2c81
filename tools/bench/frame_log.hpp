#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rtmp/message.hpp"

namespace multiconn::bench {

/// Microseconds of the clock that all processes of a machine share.
std::int64_t nowMicroseconds();

/// What a measured frame carries in its payload: which one of its track it is, and when it was handed over.
struct Mark {
  std::uint64_t number = 0;
  std::int64_t handed_us = 0;
};

/// Bytes that a mark takes at the beginning of a payload (for video: behind length and NAL header).
constexpr std::size_t mark_size = 20;
void writeMark(const Mark& mark, rtmp::Bytes& payload, std::size_t at);

/// One audio or video message as a receiver saw it.
struct SeenFrame {
  enum class Kind : char { video_config = 'C', key = 'K', inter = 'I', audio_config = 'c', audio = 'a' };
  Kind kind{};
  std::uint32_t timestamp = 0;
  std::int64_t arrived_us = 0;
  std::optional<Mark> mark;  ///< not of configuration records, and of foreign media never

  bool video() const { return kind == Kind::key || kind == Kind::inter; }
};

/// Nothing for messages that are no media, and for media that does not parse.
std::optional<SeenFrame> seenFrame(const rtmp::Message& message, std::int64_t arrived_us);

/// One line without its end, and back; nothing when it is none.
std::string toLine(const SeenFrame& frame);
std::optional<SeenFrame> fromLine(std::string_view line);
std::vector<SeenFrame> framesIn(std::string_view lines);

/// Of `count` frames of each kind of track, those that never came. Repeated ones count once.
std::uint64_t missing(const std::vector<SeenFrame>& frames, bool video, std::uint64_t count);

/// Milliseconds from handing over to arrival of each picture but those that were handed over before
/// `from_us`.
std::vector<double> delays(const std::vector<SeenFrame>& frames, std::int64_t from_us);

/// Whether a player could show something: a keyframe behind the record it needs.
class DecodableFrom {
 public:
  /// True from the first such keyframe on.
  bool see(SeenFrame::Kind kind);

 private:
  bool configured_ = false, decodable_ = false;
};

}  // namespace multiconn::bench
