#include <multiconn/av_source.hpp>

#include <thread>
#include <utility>

#include "media/demux_loop.hpp"

namespace multiconn {

using media::DemuxLoop;
using media::TrackKind;

/// Owns the thread. The loop is shared with it: the last track may be dropped by a sink, on that very thread.
class AvSource::Demuxer {
 public:
  Demuxer(const std::string& url, AvSourceOptions options)
      : loop_(std::make_shared<DemuxLoop>(url, std::move(options))) {}
  ~Demuxer();

  DemuxLoop& loop() { return *loop_; }
  void start(TrackKind kind, std::shared_ptr<FrameSink> sink);
  void release(TrackKind kind);
  /// The track that was taken before, if it is still held, else a new one.
  template <typename Track>
  std::shared_ptr<Track> take(std::weak_ptr<Track>& taken, const std::shared_ptr<Demuxer>& self);

  std::weak_ptr<AudioSource> taken_audio;
  std::weak_ptr<VideoSource> taken_video;

 private:
  void launch();

  std::shared_ptr<DemuxLoop> loop_;
  std::mutex mutex_;
  std::thread thread_;
};

namespace {

template <typename Source>
constexpr TrackKind kind_of = std::is_same_v<Source, AudioSource> ? TrackKind::audio : TrackKind::video;

template <typename Source, typename Demuxer>
class TrackSource final : public Source {
 public:
  explicit TrackSource(std::shared_ptr<Demuxer> demuxer) : demuxer_(std::move(demuxer)) {
    demuxer_->loop().take(kind);
  }
  ~TrackSource() override {
    if (started_)
      demuxer_->loop().stop(kind);
    else
      demuxer_->release(kind);
  }

  bool live() const override { return demuxer_->loop().live(); }
  AmfObject properties() const override { return demuxer_->loop().properties(kind); }
  void start(std::shared_ptr<FrameSink> sink) override {
    started_ = true;
    demuxer_->start(kind, std::move(sink));
  }
  void resume() override { demuxer_->loop().resume(); }
  void stop() override { demuxer_->loop().stop(kind); }

 private:
  static constexpr TrackKind kind = kind_of<Source>;
  std::shared_ptr<Demuxer> demuxer_;
  std::atomic<bool> started_{false};
};

}  // namespace

AvSource::Demuxer::~Demuxer() {
  loop_->shutDown();
  if (!thread_.joinable()) return;
  if (thread_.get_id() == std::this_thread::get_id())
    thread_.detach();
  else
    thread_.join();
}

void AvSource::Demuxer::start(TrackKind kind, std::shared_ptr<FrameSink> sink) {
  if (loop_->start(kind, std::move(sink))) launch();
}

void AvSource::Demuxer::release(TrackKind kind) {
  if (loop_->release(kind)) launch();
}

void AvSource::Demuxer::launch() {
  const std::lock_guard lock(mutex_);
  thread_ = std::thread([loop = loop_] { loop->run(); });
}

template <typename Track>
std::shared_ptr<Track> AvSource::Demuxer::take(std::weak_ptr<Track>& taken,
                                               const std::shared_ptr<Demuxer>& self) {
  if (!loop_->has(kind_of<Track>)) return nullptr;
  const std::lock_guard lock(mutex_);
  std::shared_ptr<Track> track = taken.lock();
  if (!track) taken = track = std::make_shared<TrackSource<Track, Demuxer>>(self);
  return track;
}

AvSource AvSource::open(const std::string& url, AvSourceOptions options) {
  return AvSource(std::make_shared<Demuxer>(url, std::move(options)));
}

AvSource::AvSource(std::shared_ptr<Demuxer> demuxer) : demuxer_(std::move(demuxer)) {}
AvSource::AvSource(AvSource&&) noexcept = default;
AvSource& AvSource::operator=(AvSource&&) noexcept = default;
AvSource::~AvSource() = default;

std::shared_ptr<AudioSource> AvSource::audio() {
  return demuxer_->take(demuxer_->taken_audio, demuxer_);
}
std::shared_ptr<VideoSource> AvSource::video() {
  return demuxer_->take(demuxer_->taken_video, demuxer_);
}

}  // namespace multiconn
