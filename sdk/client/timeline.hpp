#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include <multiconn/multi_connection.hpp>

namespace multiconn::client {

enum class Track : std::uint8_t { audio, video };
inline constexpr std::array<Track, 2> all_tracks{Track::audio, Track::video};

/// The broadcast's own clock: one for all servers, 0 where the first frames of all tracks begin. A track gets
/// its shift when it is placed; one that changes its source is placed anew, behind everything so far. Within
/// a track time never runs backwards. With Timestamps::epoch nothing is shifted, unless a source's clock is
/// set back by more than a second: from there on it counts from where it was.
class Timeline {
 public:
  explicit Timeline(Timestamps timestamps = Timestamps::from_zero) : mode_(timestamps) {}

  struct Position {
    std::uint32_t timestamp = 0;  ///< milliseconds modulo 2^32, as RTMP carries it
    std::int32_t composition_ms =
        0;  ///< pts - dts of the rounded times, so that both arrive exact to the millisecond
  };

  bool placed(Track track) const { return of(track).shift_ms.has_value(); }
  /// The track has to be placed again before its next frame.
  void unplace(Track track) { of(track).shift_ms.reset(); }
  /// One common shift for all tracks that have none: `first_dts`, the smallest of their first frames, goes to
  /// the beginning, or right behind what there is.
  void place(std::chrono::microseconds first_dts);

  /// Time passed without a frame; for tracks that are placed after it.
  void skip(std::chrono::milliseconds idle) {
    if (mode_ == Timestamps::from_zero) newest_ms_ += idle.count();
  }

  /// The next frame of a placed track.
  Position frame(Track track, std::chrono::microseconds dts, std::chrono::microseconds pts);
  /// Where a configuration record of the track goes: to the newest frame, since its own time is often unset.
  std::uint32_t config(Track track) const;

  /// now() is of the broadcast. Not before the first frame is placed, where that one's own time counts.
  bool begun() const { return begun_ || mode_ == Timestamps::from_zero; }
  /// The timestamp of the newest frame, for messages that have no time of their own.
  std::uint32_t now() const { return static_cast<std::uint32_t>(newest_ms_); }
  /// From the beginning to the newest frame.
  std::chrono::milliseconds time() const { return std::chrono::milliseconds(newest_ms_ - origin_ms_); }
  /// The timestamp of the beginning.
  std::uint32_t origin() const { return static_cast<std::uint32_t>(origin_ms_); }

 private:
  struct Line {
    std::optional<std::int64_t> shift_ms;  // added to a rounded dts
    std::optional<std::int64_t> last_ms;
    std::int64_t interval_ms = 1;  // between the last two frames
  };
  Line& of(Track track) { return lines_[static_cast<std::size_t>(track)]; }
  const Line& of(Track track) const { return lines_[static_cast<std::size_t>(track)]; }
  std::int64_t continuation() const;
  void placeUnshifted(std::int64_t first_ms);
  std::int64_t shiftOfTheOthers(std::int64_t own_ms) const;
  void followClock(Line& line, std::int64_t own_ms);

  Timestamps mode_;
  bool begun_ = false;
  std::array<Line, 2> lines_;
  std::int64_t start_ms_ = 0;  // of the tracks placed last
  std::int64_t newest_ms_ = 0;
  std::int64_t origin_ms_ = 0;
  std::int64_t clock_shift_ms_ = 0;  // of a clock that was set back last
};

}  // namespace multiconn::client
