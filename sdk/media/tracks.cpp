#include "media/tracks.hpp"

#include <atomic>
#include <utility>

namespace multiconn::media {
namespace {

template <typename Source>
class TrackSource final : public Source {
 public:
  TrackSource(std::shared_ptr<TrackOwner> owner, TrackKind kind) : owner_(std::move(owner)), kind_(kind) {
    owner_->take(kind_);
  }
  ~TrackSource() override {
    if (started_)
      owner_->stop(kind_);
    else
      owner_->release(kind_);
  }

  bool live() const override { return owner_->live(); }
  AmfObject properties() const override { return owner_->properties(kind_); }
  void start(std::shared_ptr<FrameSink> sink) override {
    started_ = true;
    owner_->start(kind_, std::move(sink));
  }
  void resume() override { owner_->resume(); }
  void stop() override { owner_->stop(kind_); }

 private:
  const std::shared_ptr<TrackOwner> owner_;
  const TrackKind kind_;
  std::atomic<bool> started_{false};
};

}  // namespace

std::shared_ptr<AudioSource> Tracks::audio() {
  return take(audio_, TrackKind::audio);
}

std::shared_ptr<VideoSource> Tracks::video() {
  return take(video_, TrackKind::video);
}

template <typename Source>
std::shared_ptr<Source> Tracks::take(std::weak_ptr<Source>& taken, TrackKind kind) {
  if (!owner_->has(kind)) return nullptr;
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Source> track = taken.lock();
  if (!track) taken = track = std::make_shared<TrackSource<Source>>(owner_, kind);
  return track;
}

}  // namespace multiconn::media
