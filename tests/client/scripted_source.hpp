#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <type_traits>
#include <utility>

#include <multiconn/source.hpp>

#include "support/media_frames.hpp"

namespace multiconn::test {

using namespace std::chrono_literals;

/// Delivers pictures and sound of 25 frames a second, when the test says so or as fast as the sink takes
/// them.
template <typename Base>
class ScriptedSource : public Base {
 public:
  ScriptedSource(bool live, std::uint32_t frames, std::size_t size = 1000,
                 std::chrono::milliseconds origin = {})
      : live_(live), frames_(frames), size_(size), origin_(origin) {}

  bool live() const override { return live_; }
  AmfObject properties() const override {
    return {{is_video ? "width" : "audiosamplerate", is_video ? 64 : 48000}};
  }
  void start(std::shared_ptr<FrameSink> to) override {
    ++starts;
    sink = std::move(to);
    sink->write(is_video ? videoConfig() : audioConfig());
    if (!live_) pump();
  }
  void resume() override {
    ++resumes;
    if (sink && !live_) pump();
  }
  void stop() override {
    ++stops;
    sink.reset();
  }
  /// Until the sink is full or nothing is left.
  void pump() {
    while (sink && next < frames_ && !sink->full()) deliver();
    if (sink && next == frames_ && !ended) {
      ended = true;
      sink->ended("");
    }
  }
  void deliver() {
    const auto dts = origin_ + 40ms * next;
    const FrameKind kind = next % 25 == 0 ? FrameKind::key : FrameKind::inter;
    sink->write(is_video ? video(kind, next, dts, size_) : audio(next, dts));
    ++next;
  }

  std::shared_ptr<FrameSink> sink;
  std::uint32_t next = 0;
  int starts = 0, stops = 0, resumes = 0;
  bool ended = false;

 private:
  static constexpr bool is_video = std::is_same_v<Base, VideoSource>;
  bool live_;
  std::uint32_t frames_;
  std::size_t size_;
  std::chrono::milliseconds origin_;
};
using ScriptedVideo = ScriptedSource<VideoSource>;
using ScriptedAudio = ScriptedSource<AudioSource>;

}  // namespace multiconn::test
