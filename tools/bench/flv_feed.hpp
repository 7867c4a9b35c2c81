#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <multiconn/source.hpp>

namespace multiconn::bench {

/// An FLV file in memory as an audio and a video source, played `repeat` times with timestamps that go on;
/// paced by its timestamps or as fast as the servers take it. Reading a file while measuring would measure
/// the file.
class FlvFeed : public std::enable_shared_from_this<FlvFeed> {
 public:
  FlvFeed(const std::string& file, std::size_t repeat, bool paced);
  ~FlvFeed();
  FlvFeed(const FlvFeed&) = delete;
  FlvFeed& operator=(const FlvFeed&) = delete;

  std::shared_ptr<AudioSource> audio();  ///< null when the file has none
  std::shared_ptr<VideoSource> video();
  /// How long it plays once.
  std::chrono::microseconds length() const { return length_; }
  /// Blocks until everything was delivered.
  void wait();

 private:
  template <typename Base>
  class Track;
  void start(bool video, std::shared_ptr<FrameSink> sink);
  void stop();
  void run();
  bool deliver(const EncodedFrame& frame);
  void waitUntilDue(std::chrono::microseconds dts);

  std::vector<EncodedFrame> frames_;
  std::chrono::microseconds length_{};
  bool has_audio_ = false, has_video_ = false;
  std::size_t repeat_;
  bool paced_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<FrameSink> audio_sink_, video_sink_;
  bool stopped_ = false, finished_ = false;
  std::chrono::steady_clock::time_point started_at_;
  std::thread thread_;
};

}  // namespace multiconn::bench
