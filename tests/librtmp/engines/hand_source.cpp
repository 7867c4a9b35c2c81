#include "librtmp/engines/hand_source.hpp"

#include "support/media_frames.hpp"
#include "support/rtmp_test_client.hpp"

namespace multiconn::test {

using namespace std::chrono_literals;

void HandSource::start(std::shared_ptr<FrameSink> sink) {
  sink->write(videoConfig());
  const std::lock_guard lock(mutex_);
  sink_ = std::move(sink);
}

void HandSource::stop() {
  const std::lock_guard lock(mutex_);
  sink_.reset();
}

bool HandSource::waitStarted() const {
  return eventually([this] { return sink() != nullptr; });
}

bool HandSource::waitStopped() const {
  return eventually([this] { return sink() == nullptr; });
}

void HandSource::deliver(std::uint32_t count) {
  const auto to = sink();
  for (std::uint32_t i = 0; to && i < count; ++i, ++next_)
    to->write(video(i == 0 ? FrameKind::key : FrameKind::inter, next_, origin_ + 40ms * next_));
}

std::shared_ptr<FrameSink> HandSource::sink() const {
  const std::lock_guard lock(mutex_);
  return sink_;
}

}  // namespace multiconn::test
