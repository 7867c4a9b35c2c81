#include <multiconn/av_source.hpp>

#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "media/demux_loop.hpp"
#include "media/tracks.hpp"

namespace multiconn {
namespace {

using media::DemuxLoop;
using media::TrackKind;

/// Owns the thread. The loop is shared with it: the last track may be dropped by a sink, on that very thread.
class Demuxer final : public media::TrackOwner {
 public:
  Demuxer(const std::string& url, AvSourceOptions options)
      : loop_(std::make_shared<DemuxLoop>(url, std::move(options))) {}
  ~Demuxer() override;

  bool has(TrackKind kind) const override { return loop_->has(kind); }
  bool live() const override { return loop_->live(); }
  AmfObject properties(TrackKind kind) const override { return loop_->properties(kind); }
  void take(TrackKind kind) override { loop_->take(kind); }
  void release(TrackKind kind) override {
    if (loop_->release(kind)) launch();
  }
  void start(TrackKind kind, std::shared_ptr<FrameSink> sink) override {
    if (loop_->start(kind, std::move(sink))) launch();
  }
  void resume() override { loop_->resume(); }
  void stop(TrackKind kind) override { loop_->stop(kind); }

 private:
  void launch();

  const std::shared_ptr<DemuxLoop> loop_;
  std::mutex mutex_;
  std::thread thread_;
};

Demuxer::~Demuxer() {
  loop_->shutDown();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

// The sinks are told without the lock: they may call back.
void Demuxer::launch() {
  try {
    const std::lock_guard lock(mutex_);
    thread_ = std::thread([loop = loop_] { loop->run(); });
  } catch (const std::exception& error) {
    loop_->fail(std::string("no thread can be made to read it: ") + error.what());
  }
}

}  // namespace

AvSource AvSource::open(const std::string& url, AvSourceOptions options) {
  return AvSource(std::make_unique<media::Tracks>(std::make_shared<Demuxer>(url, std::move(options))));
}

AvSource::AvSource(std::unique_ptr<media::Tracks> tracks) : tracks_(std::move(tracks)) {}
AvSource::AvSource(AvSource&&) noexcept = default;
AvSource& AvSource::operator=(AvSource&&) noexcept = default;
AvSource::~AvSource() = default;

std::shared_ptr<AudioSource> AvSource::audio() {
  return tracks_->audio();
}
std::shared_ptr<VideoSource> AvSource::video() {
  return tracks_->video();
}

}  // namespace multiconn
