#pragma once

#include <array>
#include <string_view>

namespace multiconn::bench {

/// The ways in which the saboteurs are bad servers.
enum class Sabotage {
  stops_reading,  ///< once it is published to
  crawls,         ///< reads 10 KB a second, a byte at a time
  resets,         ///< each connection, a second after it was made
  mute,           ///< accepts TCP, and neither reads nor answers
  black_hole,     ///< a second after Publish.Start nothing arrives any more, and no new connection either
  closes,         ///< right behind Publish.Start
  sends_garbage,  ///< behind Publish.Start
};
inline constexpr std::array<std::string_view, 7> sabotages{
    "stops reading",        "reads 10 KB/s, byte by byte", "resets every second", "accepts and is mute",
    "black hole after 1 s", "closes after Publish.Start",  "sends garbage"};

/// One server of each kind, in one process; prints "ports P P P P P P P" and runs until its standard input
/// ends.
int runSaboteurs();

}  // namespace multiconn::bench
