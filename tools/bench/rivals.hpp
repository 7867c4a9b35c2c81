#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "process.hpp"

namespace multiconn::bench {

/// One way to send a stream to several servers.
enum class Rival { ours, bare_loop, librtmp, librtmp_large_chunks, ffmpeg_tee, ffmpeg_fifo };
inline constexpr std::array all_rivals{Rival::ours,       Rival::bare_loop,
                                       Rival::librtmp,    Rival::librtmp_large_chunks,
                                       Rival::ffmpeg_tee, Rival::ffmpeg_fifo};
const char* name(Rival rival);
/// Why it cannot take part here, in one sentence; empty when it can.
std::string missingFor(Rival rival);

/// What one of them is to send, and where.
struct RivalJob {
  std::string clip;       ///< FLV
  std::string recording;  ///< the bytes that `ours` makes of it for one server; for the bare loop
  std::uint16_t port = 0;
  std::size_t count = 1, repeat = 1;
  bool paced = false;
};
std::unique_ptr<Process> start(Rival rival, const RivalJob& job, int cpu);
/// FFmpeg's arguments: outputs of the tee muxer, each behind a queue and thread of its own with `fifo`.
std::vector<std::string> ffmpegArguments(const RivalJob& job, bool fifo);

/// Writes an FLV clip of 30 pictures a second with FFmpeg; false when there is no FFmpeg, or none that can.
bool encodeClip(const std::string& file, std::size_t seconds, std::size_t bits_per_second);

/// Processor seconds of a run that starting the program and reading the clip took, given what it printed;
/// FFmpeg's are those of a run that reads it and sends nothing.
double startCost(Rival rival, const RivalJob& job, const std::string& output, int cpu);

}  // namespace multiconn::bench
