#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include <multiconn/capture.hpp>

#include "media/delivery.hpp"
#include "media/device_clock.hpp"
#include "media/device_input.hpp"
#include "media/transcoder.hpp"

namespace multiconn::media {

/// What the devices of one capture have in common.
struct CaptureShared {
  using TimePoint = std::chrono::steady_clock::time_point;

  Delivery delivery;
  const std::shared_ptr<StopSignal> stop = std::make_shared<StopSignal>();
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<TimePoint> began{};  ///< guarded by mutex; time 0 of all frames

  /// Wakes every device that waits.
  void announce() {
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }
};

/// Reads one device on a thread its owner provides, and delivers its tracks, encoded. A thread that does not
/// return from the device may be left to itself: it shares nothing but this and CaptureShared.
class CaptureWorker {
 public:
  using TimePoint = CaptureShared::TimePoint;

  CaptureWorker(DeviceSpec spec, CaptureOptions options, std::shared_ptr<CaptureShared> shared);

  /// Until stopped, or until the device ends.
  void run();

  // From other threads.

  /// Until the device has delivered something. Throws std::runtime_error with one sentence, also when it has
  /// not by then.
  void waitUntilOpen(TimePoint deadline);
  /// From here on after waitUntilOpen().
  bool has(TrackKind kind) const { return tracks_[indexOf(kind)].stream != nullptr; }
  AmfObject properties(TrackKind kind) const { return tracks_[indexOf(kind)].properties; }
  /// Which of its tracks are wanted of it; none before this.
  void deliver(bool audio, bool video);
  /// False: run() goes on.
  bool waitUntilEnded(TimePoint deadline);

  const DeviceSpec& spec() const { return spec_; }

 private:
  struct Track {
    TrackKind kind;
    // Set while opening.
    const AVStream* stream = nullptr;
    AmfObject properties{};
    bool wanted = false;  // guarded by the shared mutex
    // Of the thread that runs.
    std::unique_ptr<Transcoder> transcoder{};
    DeviceClock clock{};
    std::uint64_t generation = 0;
    bool done = false;
  };
  enum class Phase : std::uint8_t { opening, open, ended };

  void open();
  std::unique_ptr<Transcoder> makeTranscoder(const Track& track) const;
  std::string capture();
  int readFirst();
  int readNext(AVPacket& packet);
  void waitForListeners();
  void process(AVPacket& packet);
  std::optional<Microseconds> timeOf(Track& of, const AVPacket& packet);
  std::optional<Microseconds> pacedTime(Microseconds timestamp);
  void waitUntil(TimePoint time);
  bool listens(Track& track);
  void transcode(Track& of, AVPacket& packet, Microseconds time);
  void finishTrack(Track& track, const std::string& error);
  bool wanted(const Track& track);
  bool over();
  void enter(Phase phase, const std::string& failure);
  void end(const std::string& error);

  const DeviceSpec spec_;
  const CaptureOptions options_;
  const std::shared_ptr<CaptureShared> shared_;
  Phase phase_ = Phase::opening;  // this and failure_: guarded by the shared mutex
  std::string failure_;

  std::unique_ptr<DeviceInput> device_;
  std::array<Track, 2> tracks_{Track{TrackKind::audio}, Track{TrackKind::video}};
  PacketPtr packet_ = newPacket();
  // Of a device that is paced: what to add to its timestamps. Nothing: it begins, or goes on after nobody
  // listened.
  std::optional<Microseconds> shift_;
  bool begun_ = false;
};

}  // namespace multiconn::media
