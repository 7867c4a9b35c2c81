#pragma once

#include <array>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <multiconn/av_source.hpp>

#include "media/delivery.hpp"
#include "media/input.hpp"
#include "media/pacer.hpp"
#include "media/start_gate.hpp"
#include "media/timeline.hpp"
#include "media/transcoder.hpp"

namespace multiconn::media {

/// Reads an input on a thread its owner provides, and hands the frames of its tracks to their sinks at the
/// right time. All methods but run() may be called from any thread.
class DemuxLoop {
 public:
  /// Throws as AvSource::open() does.
  DemuxLoop(std::string url, AvSourceOptions options);

  bool has(TrackKind kind) const { return track(kind).present; }
  bool live() const { return live_; }
  const AmfObject& properties(TrackKind kind) const { return track(kind).properties; }

  void take(TrackKind kind) { gate_.take(kind); }
  /// Each of these two: true, once, when run() is to be called now.
  bool start(TrackKind kind, std::shared_ptr<FrameSink> sink);
  bool release(TrackKind kind) { return gate_.release(kind); }
  void resume();
  /// Ends all tracks, and begins no write() to this one any more.
  void stop(TrackKind kind);
  void shutDown();

  /// Until the end of the input, or until stopped.
  void run();
  /// In place of run(), which could not be called: every track ends with this error.
  void fail(const std::string& error) { finish(error); }

 private:
  struct Track {
    TrackKind kind;
    // Set while opening.
    bool present = false;
    AmfObject properties{};
    // Of the thread that runs.
    std::optional<Input::Track> input{};
    std::optional<TrackTimeline> timeline{};
    std::unique_ptr<Transcoder> transcoder{};  // null: packets are sent as they are
    bool done = false;
  };
  enum class Outcome : std::uint8_t { go_on, finished };

  const Track& track(TrackKind kind) const { return tracks_[indexOf(kind)]; }
  void openTracks();
  std::string readAll();
  std::string readPass();
  void beginPass();
  void beginTrack(Track& track);
  void endPass();
  bool beginAgain();
  bool allDone() const;
  Outcome process(AVPacket& packet);
  void transcode(Track& of, AVPacket& packet, const TrackTimeline::Times& times);
  void send(Track& of, const AVPacket& packet, const TrackTimeline::Times& times);
  bool beyondDuration(Track& of, Microseconds dts);
  void finishTrack(Track& track);
  void deliverPaced(const Track& to, const EncodedFrame& frame);
  void waitUntilDue(Microseconds dts);
  void write(const Track& to, const EncodedFrame& frame);
  void waitForRoom(std::uint64_t resumes_seen);
  std::uint64_t resumes();
  void finish(const std::string& error);

  const std::string url_;
  const AvSourceOptions options_;
  const std::shared_ptr<StopSignal> stop_;
  std::unique_ptr<Input> input_;
  bool live_ = true;
  bool paced_ = true;
  std::array<Track, 2> tracks_{Track{TrackKind::audio}, Track{TrackKind::video}};
  StartGate gate_;
  Delivery delivery_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t resumes_ = 0;

  Pacer pacer_{false};
  TimeShift shift_;
  Microseconds pass_shift_{};
  std::optional<Microseconds> first_dts_;
};

}  // namespace multiconn::media
