#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include <multiconn/av_source.hpp>
#include <multiconn/frame.hpp>

#include "media/ffmpeg.hpp"
#include "media/pipe_reader.hpp"
#include "media/stop_signal.hpp"

namespace multiconn::media {

/// An opened and probed input and the tracks of it that are worth sending. One thread at a time; the stop
/// signal given ends any call that blocks.
class Input {
 public:
  struct Track {
    AVStream* stream = nullptr;
    std::optional<Codec> codec{};  ///< nothing: it is to be transcoded
  };

  /// Throws std::runtime_error with one sentence; see AvSource::open().
  Input(std::string url, const AvSourceOptions& options, std::shared_ptr<StopSignal> stop);
  ~Input();
  Input(const Input&) = delete;
  Input& operator=(const Input&) = delete;

  const std::optional<Track>& video() const { return video_; }
  const std::optional<Track>& audio() const { return audio_; }
  /// Packets of other streams are skipped as early as possible. Call before read().
  void want(bool audio, bool video);
  /// The next packet of any wanted stream: 0, AVERROR_EOF, AVERROR_EXIT after the stop signal, or an error.
  int read(AVPacket& packet);

  /// A pipe: it cannot be read again.
  bool isPipe() const { return pipe_ != nullptr; }
  /// Nothing: not known.
  std::optional<Microseconds> duration() const;
  /// The container allows timestamps to jump (MPEG-TS).
  bool mayJump() const { return (context_->iformat->flags & AVFMT_TS_DISCONT) != 0; }

 private:
  void open(const std::string& format);
  void probe();
  void selectTracks();
  std::optional<Track> selectTrack(AVMediaType type, int related) const;
  Track chosen(AVStream& best) const;
  bool interrupted() const;
  [[noreturn]] void failToOpen(int error) const;

  std::string url_;
  std::string name_;
  Transcode transcode_;
  std::shared_ptr<StopSignal> stop_;
  std::unique_ptr<PipeReader> pipe_;
  AVFormatContext* context_ = nullptr;
  std::optional<std::chrono::steady_clock::time_point> open_deadline_;
  std::optional<Track> video_, audio_;
};

}  // namespace multiconn::media
