#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace multiconn::media {

enum class TrackKind : std::uint8_t { audio, video };
inline constexpr std::array<TrackKind, 2> all_tracks{TrackKind::audio, TrackKind::video};
constexpr std::size_t indexOf(TrackKind kind) {
  return static_cast<std::size_t>(kind);
}

}  // namespace multiconn::media
