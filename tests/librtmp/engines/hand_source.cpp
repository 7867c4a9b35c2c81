#include "librtmp/engines/hand_source.hpp"

#include <type_traits>

#include "support/media_frames.hpp"
#include "support/rtmp_test_client.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

template <typename Kind>
constexpr bool of_pictures = std::is_same_v<Kind, VideoSource>;

template <typename Kind>
EncodedFrame frame(bool key, std::uint32_t number, std::chrono::microseconds dts) {
  if constexpr (of_pictures<Kind>) return video(key ? FrameKind::key : FrameKind::inter, number, dts);
  return audio(number, dts);
}

}  // namespace

template <typename Kind>
AmfObject HandTrack<Kind>::properties() const {
  if constexpr (of_pictures<Kind>) return {{"width", 64}};
  return {{"audiosamplerate", 48000}};
}

template <typename Kind>
void HandTrack<Kind>::start(std::shared_ptr<FrameSink> sink) {
  sink->write(of_pictures<Kind> ? videoConfig() : audioConfig());
  const std::lock_guard lock(mutex_);
  sink_ = std::move(sink);
}

template <typename Kind>
void HandTrack<Kind>::stop() {
  const std::lock_guard lock(mutex_);
  sink_.reset();
}

template <typename Kind>
bool HandTrack<Kind>::waitStarted() const {
  return eventually([this] { return sink() != nullptr; });
}

template <typename Kind>
bool HandTrack<Kind>::waitStopped() const {
  return eventually([this] { return sink() == nullptr; });
}

template <typename Kind>
void HandTrack<Kind>::deliver(std::uint32_t count) {
  const auto to = sink();
  for (std::uint32_t i = 0; to && i < count; ++i, ++next_)
    to->write(frame<Kind>(i == 0, next_, origin_ + 40ms * next_));
}

template <typename Kind>
std::shared_ptr<FrameSink> HandTrack<Kind>::sink() const {
  const std::lock_guard lock(mutex_);
  return sink_;
}

template class HandTrack<VideoSource>;
template class HandTrack<AudioSource>;

}  // namespace multiconn::test
