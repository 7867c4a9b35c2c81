#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <multiconn/source.hpp>

namespace multiconn {

struct AvSourceOptions {
  bool realtime =
      true;  ///< pace by the timestamps; false: as fast as the servers take it, and nothing is dropped
  bool loop = false;  ///< begin again at the end, with timestamps that go on
  std::optional<std::chrono::microseconds> duration{};  ///< stop after this much media
  std::string format{};  ///< libavformat's demuxer name; empty: found out from the content
};

/// A file, pipe ("-" is standard input) or URL that libavformat opens, without transcoding: its best video
/// and its best audio track. Link multiconn::media for it.
class AvSource {
 public:
  /// Opens and probes; blocks while it does. Throws std::runtime_error with one sentence that says what is
  /// wrong and what to do: no such file, no media in it, a codec RTMP cannot carry.
  static AvSource open(const std::string& url, AvSourceOptions options = {});

  AvSource(AvSource&&) noexcept;
  AvSource& operator=(AvSource&&) noexcept;
  ~AvSource();

  /// The tracks; null when there is none of the kind. Frames flow once every track that was taken from here
  /// has been started, and end when either is stopped or all were read.
  std::shared_ptr<AudioSource> audio();
  std::shared_ptr<VideoSource> video();

 private:
  class Demuxer;
  explicit AvSource(std::shared_ptr<Demuxer> demuxer);
  std::shared_ptr<Demuxer> demuxer_;
};

}  // namespace multiconn
