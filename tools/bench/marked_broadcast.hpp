#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include <multiconn/net_stream.hpp>

namespace multiconn::bench {

struct BroadcastOptions {
  std::size_t video_bits_per_second = 6'000'000;  ///< 30 frames a second, a keyframe each 2 s; 0: no video
  std::size_t audio_bits_per_second = 128'000;    ///< AAC of 44.1 kHz
};

/// How long one writeVideo() took.
struct WriteTime {
  double wall_us = 0;
  double processor_us = 0;  ///< of the calling thread: not longer for what else the machine does
};

/// A live broadcast in real time, from a thread of its own, in whose frames are marks (see frame_log.hpp).
class MarkedBroadcast {
 public:
  MarkedBroadcast(NetStream stream, BroadcastOptions options);
  ~MarkedBroadcast() { stop(); }
  MarkedBroadcast(const MarkedBroadcast&) = delete;
  MarkedBroadcast& operator=(const MarkedBroadcast&) = delete;

  void stop();
  /// Frames that were handed over so far.
  std::uint64_t videoFrames() const { return video_frames_; }
  std::uint64_t audioFrames() const { return audio_frames_; }
  /// After stop(): of each picture.
  const std::vector<WriteTime>& writeTimes() const { return write_times_; }

 private:
  void run();
  bool waitUntil(std::chrono::steady_clock::time_point due);
  void writeConfigs();
  void writeVideo(std::chrono::microseconds dts);
  void writeAudio(std::chrono::microseconds dts);

  NetStream stream_;
  BroadcastOptions options_;
  std::atomic<std::uint64_t> video_frames_{0}, audio_frames_{0};
  std::vector<WriteTime> write_times_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopped_ = false;
  std::thread thread_;
};

}  // namespace multiconn::bench
