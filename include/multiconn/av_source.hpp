#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <multiconn/source.hpp>

namespace multiconn {

namespace media {
class Tracks;
}

/// How pictures become H.264 and sound becomes AAC. 0 stands for a value chosen from what comes in. Values
/// outside of the limits named make open() throw std::invalid_argument.
struct EncodeOptions {
  int width = 0;  ///< both or neither; even, 16 to 8192; else that of the input
  int height = 0;
  double frame_rate = 0;           ///< at most so many pictures a second, 0.1 to 240; else all that come
  std::int64_t video_bitrate = 0;  ///< bit/s, 8k to 500M; else 0.1 bits per pixel
  /// From the start of one group of pictures to the next: 100 ms to a minute.
  std::chrono::milliseconds keyframe_interval{2000};
  std::int64_t audio_bitrate = 0;  ///< bit/s, 8k to 500M; else 64k for each channel
  int sample_rate = 0;             ///< Hz, one that AAC has; else the input's from 16000 to 48000, or 48000
  int channels = 0;                ///< 1 or 2; else the input's, at most 2
  bool low_latency = true;         ///< no frame waits in the encoder; false: B-frames, better pictures, later
};

enum class Transcode : std::uint8_t {
  never,   ///< a codec that RTMP cannot carry is an error
  needed,  ///< tracks that RTMP cannot carry are decoded and encoded anew
  always,  ///< all tracks are
};

struct AvSourceOptions {
  /// Pace by the timestamps; false: as fast as the servers take it, and nothing is dropped.
  bool realtime = true;
  bool loop = false;  ///< begin again at the end, with timestamps that go on
  std::optional<std::chrono::microseconds> duration{};  ///< stop after this much media
  std::string format{};  ///< libavformat's demuxer name; empty: found out from the content
  Transcode transcode = Transcode::never;
  EncodeOptions encode{};  ///< for the tracks that are transcoded
  /// Jumps of the input's timestamps are kept instead of being evened out. With Timestamps::epoch, publishers
  /// on several machines that read one feed then agree, whenever each was started: what they read has to
  /// carry the clock of whoever made the feed, as MPEG-TS does (not a file of each machine's own, nor a
  /// device, whose times begin when it is opened). Wraps are unwrapped as ever, from where each began: of
  /// MPEG-TS's 33 bits, 26.5 hours, all have to be started in the same turn of its clock, and `loop` cannot
  /// be used.
  bool keep_timestamps = false;
};

/// A file, pipe ("-" is standard input) or URL that libavformat opens: its best video and its best audio
/// track, as they are or transcoded. Link multiconn::media for it.
class AvSource {
 public:
  /// Opens and probes; blocks while it does. Throws std::runtime_error with one sentence that says what is
  /// wrong and what to do: no such file, no media in it, a codec RTMP cannot carry.
  static AvSource open(const std::string& url, AvSourceOptions options = {});

  AvSource(AvSource&&) noexcept;
  AvSource& operator=(AvSource&&) noexcept;
  ~AvSource();

  /// The tracks; null when there is none of the kind. Frames flow once every track that was taken from here
  /// has been started, and end when either is stopped or all were read. They may outlive this object: the
  /// input stays open until all of them have gone.
  std::shared_ptr<AudioSource> audio();
  std::shared_ptr<VideoSource> video();

 private:
  explicit AvSource(std::unique_ptr<media::Tracks> tracks);
  std::unique_ptr<media::Tracks> tracks_;
};

}  // namespace multiconn
