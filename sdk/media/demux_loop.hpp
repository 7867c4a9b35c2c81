#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <multiconn/av_source.hpp>

#include "media/input.hpp"
#include "media/pacer.hpp"
#include "media/timeline.hpp"

namespace multiconn::media {

enum class TrackKind : std::uint8_t { audio, video };

/// Reads an input on a thread its owner provides, and hands the frames of its tracks to their sinks at the
/// right time. All methods but run() may be called from any thread.
class DemuxLoop {
 public:
  /// Throws as AvSource::open() does.
  DemuxLoop(std::string url, AvSourceOptions options);

  bool has(TrackKind kind) const { return track(kind).present; }
  bool live() const { return live_; }
  const AmfObject& properties(TrackKind kind) const { return track(kind).properties; }

  void take(TrackKind kind);
  /// Each of these two: true, once, when run() is to be called now.
  bool start(TrackKind kind, std::shared_ptr<FrameSink> sink);
  bool release(TrackKind kind);
  void resume();
  /// Ends all tracks, and begins no write() to this one any more.
  void stop(TrackKind kind);
  void shutDown();

  /// Until the end of the input, or until stopped.
  void run();

 private:
  struct Track {
    // Set while opening.
    bool present = false;
    AmfObject properties;
    // Guarded by mutex_.
    bool taken = false;
    bool started = false;
    // Guarded by delivery_.
    std::shared_ptr<FrameSink> sink;
    // Of the thread that runs.
    std::optional<Input::Track> input;
    std::optional<TrackTimeline> timeline;
    bool done = false;
  };
  enum class Outcome : std::uint8_t { go_on, finished };

  Track& track(TrackKind kind) { return tracks_[static_cast<std::size_t>(kind)]; }
  const Track& track(TrackKind kind) const { return tracks_[static_cast<std::size_t>(kind)]; }
  bool claimRun();
  std::string readAll();
  std::string readPass();
  void selectTracks();
  void beginPass();
  bool beginAgain();
  Outcome process(AVPacket& packet);
  bool beyondDuration(Track& of, Microseconds dts);
  void deliverPaced(Track& to, EncodedFrame frame);
  void waitUntilDue(Microseconds dts);
  void write(Track& to, const EncodedFrame& frame);
  bool tryWrite(Track& to, const EncodedFrame& frame);
  bool full(Track& of);
  void waitForRoom(std::uint64_t resumes_seen);
  std::uint64_t resumes();
  void finish(const std::string& error);

  const std::string url_;
  const AvSourceOptions options_;
  const std::shared_ptr<StopSignal> stop_;
  std::unique_ptr<Input> input_;
  bool live_ = true;
  bool paced_ = true;
  std::array<Track, 2> tracks_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t resumes_ = 0;
  bool claimed_ = false;

  // Held during every call of a sink, so that stop() knows when none is about to begin. A sink may call
  // stop().
  std::recursive_mutex delivery_;
  bool finished_ = false;

  Pacer pacer_{false};
  TimeShift shift_;
  Microseconds pass_shift_{};
  std::optional<Microseconds> first_dts_;
};

}  // namespace multiconn::media
