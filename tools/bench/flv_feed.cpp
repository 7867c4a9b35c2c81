#include "flv_feed.hpp"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "rtmp/flv.hpp"
#include "rtmp/media_body.hpp"

namespace multiconn::bench {
namespace {

using namespace std::chrono;

// The frame of a tag; nothing for script data and for what is no frame.
std::optional<EncodedFrame> toFrame(const rtmp::FlvTag& tag) {
  rtmp::MediaBody body;
  const bool audio = tag.type == 8;
  if (!audio && tag.type != 9) return {};
  if ((audio ? rtmp::parseAudioBody(tag.body, body) : rtmp::parseVideoBody(tag.body, body)) !=
      rtmp::Error::none)
    return {};
  using Packet = rtmp::MediaBody::Packet;
  if (!body.codec || (body.packet != Packet::config && body.packet != Packet::frames)) return {};
  EncodedFrame frame;
  frame.data = std::make_shared<const std::vector<std::byte>>(body.payload.begin(), body.payload.end());
  frame.codec = *body.codec;
  frame.kind = body.packet == Packet::config ? FrameKind::config : body.kind;
  frame.dts = milliseconds(tag.timestamp);
  frame.pts = frame.dts + milliseconds(body.composition_ms);
  return frame;
}

std::vector<EncodedFrame> readFlv(const std::string& name) {
  std::ifstream file(name, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + name);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  rtmp::FlvReader reader(rtmp::Limits{});
  reader.append(rtmp::asBytes(content));
  std::vector<EncodedFrame> frames;
  while (const auto tag = reader.next())
    if (auto frame = toFrame(*tag)) frames.push_back(std::move(*frame));
  if (reader.error() != rtmp::Error::none || frames.empty())
    throw std::runtime_error(name + " is no FLV file with frames in it");
  return frames;
}

}  // namespace

template <typename Base>
class FlvFeed::Track : public Base {
 public:
  Track(std::shared_ptr<FlvFeed> feed, bool video) : feed_(std::move(feed)), video_(video) {}
  bool live() const override { return feed_->paced_; }
  void start(std::shared_ptr<FrameSink> sink) override { feed_->start(video_, std::move(sink)); }
  void resume() override {
    const std::lock_guard lock(feed_->mutex_);
    feed_->changed_.notify_all();
  }
  void stop() override { feed_->stop(); }

 private:
  std::shared_ptr<FlvFeed> feed_;
  bool video_;
};

FlvFeed::FlvFeed(const std::string& file, std::size_t repeat, bool paced)
    : frames_(readFlv(file)), repeat_(repeat), paced_(paced) {
  microseconds first = frames_.front().dts, last{};
  for (const EncodedFrame& frame : frames_) {
    (isVideo(frame.codec) ? has_video_ : has_audio_) = true;
    first = std::min(first, frame.dts);
    last = std::max(last, frame.dts);
  }
  length_ = last - first + milliseconds(40);
}

FlvFeed::~FlvFeed() {
  stop();
  if (thread_.joinable()) thread_.join();
}

std::shared_ptr<AudioSource> FlvFeed::audio() {
  return has_audio_ ? std::make_shared<Track<AudioSource>>(shared_from_this(), false) : nullptr;
}

std::shared_ptr<VideoSource> FlvFeed::video() {
  return has_video_ ? std::make_shared<Track<VideoSource>>(shared_from_this(), true) : nullptr;
}

void FlvFeed::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return finished_; });
}

void FlvFeed::start(bool video, std::shared_ptr<FrameSink> sink) {
  const std::lock_guard lock(mutex_);
  (video ? video_sink_ : audio_sink_) = std::move(sink);
  const bool complete = (!has_audio_ || audio_sink_) && (!has_video_ || video_sink_);
  if (complete && !thread_.joinable()) thread_ = std::thread([this] { run(); });
}

void FlvFeed::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

void FlvFeed::run() {
  started_at_ = steady_clock::now();
  bool more = true;
  for (std::size_t round = 0; round < repeat_ && more; ++round) {
    for (EncodedFrame frame : frames_) {
      if (frame.kind == FrameKind::config && round > 0) continue;
      const microseconds offset = length_ * static_cast<std::int64_t>(round);
      frame.dts += offset;
      frame.pts += offset;
      if (!(more = deliver(frame))) break;
    }
  }
  const std::lock_guard lock(mutex_);
  if (audio_sink_) audio_sink_->ended({});
  if (video_sink_) video_sink_->ended({});
  finished_ = true;
  changed_.notify_all();
}

bool FlvFeed::deliver(const EncodedFrame& frame) {
  FrameSink& sink = isVideo(frame.codec) ? *video_sink_ : *audio_sink_;
  if (paced_) {
    waitUntilDue(frame.dts - frames_.front().dts);
  } else if (sink.full()) {
    std::unique_lock lock(mutex_);
    // The time-out covers a resume() that came between full() and the wait.
    while (!stopped_ && sink.full()) changed_.wait_for(lock, milliseconds(20));
  }
  return !stopped_ && sink.write(frame);
}

void FlvFeed::waitUntilDue(microseconds dts) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, started_at_ + dts, [this] { return stopped_; });
}

}  // namespace multiconn::bench
