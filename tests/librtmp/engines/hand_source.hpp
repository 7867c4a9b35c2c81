#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>

#include <multiconn/source.hpp>

namespace multiconn::test {

/// A live source whose frames, 25 a second, a test delivers from its own thread.
template <typename Kind>
class HandTrack final : public Kind {
 public:
  /// The decode time of its first frame.
  explicit HandTrack(std::chrono::microseconds origin) : origin_(origin) {}
  bool live() const override { return true; }
  AmfObject properties() const override;
  void start(std::shared_ptr<FrameSink> sink) override;
  void resume() override {}
  void stop() override;

  bool waitStarted() const;
  bool waitStopped() const;
  /// The next `count` frames, of which the first is a keyframe.
  void deliver(std::uint32_t count);

 private:
  std::shared_ptr<FrameSink> sink() const;

  const std::chrono::microseconds origin_;
  std::uint32_t next_ = 0;
  mutable std::mutex mutex_;
  std::shared_ptr<FrameSink> sink_;
};

using HandSource = HandTrack<VideoSource>;
using HandSound = HandTrack<AudioSource>;

}  // namespace multiconn::test
