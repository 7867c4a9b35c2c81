#include "marked_broadcast.hpp"

#include <ctime>

#include "frame_log.hpp"
#include "rtmp/avc_config.hpp"
#include "rtmp/nal_units.hpp"

namespace multiconn::bench {
namespace {

using namespace std::chrono;
using rtmp::Bytes;

constexpr int frames_per_second = 30;
constexpr int frames_per_group = 60;
constexpr double audio_frames_per_second = 44100.0 / 1024;

double processorMicroseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

Bytes videoConfig() {
  const Bytes sps{std::byte{0x67}, std::byte{0x42}, std::byte{0xC0}, std::byte{0x1E}, std::byte{0xD9},
                  std::byte{0x00}, std::byte{0xA0}, std::byte{0x47}, std::byte{0xFE}, std::byte{0xC8}};
  const Bytes pps{std::byte{0x68}, std::byte{0xCE}, std::byte{0x3C}, std::byte{0x80}};
  return *rtmp::avcConfig({sps}, {pps});
}

EncodedFrame frame(Codec codec, FrameKind kind, Bytes data, microseconds dts) {
  return {std::make_shared<const Bytes>(std::move(data)), codec, kind, dts, dts};
}

}  // namespace

MarkedBroadcast::MarkedBroadcast(NetStream stream, BroadcastOptions options)
    : stream_(std::move(stream)), options_(options), thread_([this] { run(); }) {}

void MarkedBroadcast::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void MarkedBroadcast::run() {
  const auto begin = steady_clock::now();
  writeConfigs();
  const bool video = options_.video_bits_per_second > 0;
  for (;;) {
    const microseconds video_dts(video_frames_ * 1'000'000 / frames_per_second);
    const microseconds audio_dts(
        static_cast<std::int64_t>(static_cast<double>(audio_frames_) * 1e6 / audio_frames_per_second));
    const bool audio_is_next = !video || audio_dts <= video_dts;
    if (!waitUntil(begin + (audio_is_next ? audio_dts : video_dts))) return;
    audio_is_next ? writeAudio(audio_dts) : writeVideo(video_dts);
  }
}

bool MarkedBroadcast::waitUntil(steady_clock::time_point due) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, due, [this] { return stopped_; });
  return !stopped_;
}

void MarkedBroadcast::writeConfigs() {
  if (options_.video_bits_per_second > 0)
    stream_.writeVideo(frame(Codec::h264, FrameKind::config, videoConfig(), {}));
  stream_.writeAudio(frame(Codec::aac, FrameKind::config, {std::byte{0x12}, std::byte{0x10}}, {}));
}

void MarkedBroadcast::writeVideo(microseconds dts) {
  const bool key = video_frames_ % frames_per_group == 0;
  // A keyframe weighs eight other frames.
  const std::size_t inter_size = options_.video_bits_per_second / 8 * 2 / (frames_per_group + 7);
  Bytes unit(std::max(mark_size, key ? inter_size * 8 : inter_size) + 1, std::byte{0xA5});
  unit.front() = static_cast<std::byte>(key ? 0x65 : 0x41);
  Bytes data = rtmp::joinLengthPrefixed({unit});
  writeMark({video_frames_, nowMicroseconds()}, data, data.size() - unit.size() + 1);
  EncodedFrame picture = frame(Codec::h264, key ? FrameKind::key : FrameKind::inter, std::move(data), dts);
  const double processor = processorMicroseconds();
  const auto begin = steady_clock::now();
  stream_.writeVideo(std::move(picture));
  const double wall = duration<double, std::micro>(steady_clock::now() - begin).count();
  write_times_.push_back({wall, processorMicroseconds() - processor});
  ++video_frames_;
}

void MarkedBroadcast::writeAudio(microseconds dts) {
  const auto size = static_cast<std::size_t>(static_cast<double>(options_.audio_bits_per_second) / 8 /
                                             audio_frames_per_second);
  Bytes data(std::max(mark_size, size), std::byte{0x21});
  writeMark({audio_frames_, nowMicroseconds()}, data, 0);
  stream_.writeAudio(frame(Codec::aac, FrameKind::key, std::move(data), dts));
  ++audio_frames_;
}

}  // namespace multiconn::bench
