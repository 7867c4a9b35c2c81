#include "synthetic_flv.hpp"

#include <random>

#include "rtmp/avc_config.hpp"
#include "rtmp/flv.hpp"
#include "rtmp/media_body.hpp"
#include "rtmp/nal_units.hpp"

namespace multiconn::bench {
namespace {

using namespace rtmp;

constexpr int frames_per_second = 30;
constexpr int frames_per_group = 60;

Bytes noise(std::size_t size, std::mt19937& random) {
  Bytes bytes(size);
  for (std::byte& b : bytes) b = static_cast<std::byte>(random() & 0xFF);
  return bytes;
}

// One NAL unit of the given type behind its length.
Bytes unit(std::size_t size, std::uint8_t header, std::mt19937& random) {
  Bytes body = noise(size, random);
  body.front() = static_cast<std::byte>(header);
  return joinLengthPrefixed({body});
}

Bytes videoConfig() {
  const Bytes sps{std::byte{0x67}, std::byte{0x42}, std::byte{0xC0}, std::byte{0x1E}, std::byte{0xD9},
                  std::byte{0x00}, std::byte{0xA0}, std::byte{0x47}, std::byte{0xFE}, std::byte{0xC8}};
  const Bytes pps{std::byte{0x68}, std::byte{0xCE}, std::byte{0x3C}, std::byte{0x80}};
  return *avcConfig({sps}, {pps});
}

class Writer {
 public:
  Writer() : out_(flvHeader(true, true)) {}
  void add(Codec codec, FrameKind kind, std::uint32_t timestamp, BytesView data) {
    const Bytes body = buildMediaBody({codec, kind, 0, data});
    appendFlvTag({static_cast<std::uint8_t>(isVideo(codec) ? 9 : 8), timestamp, body}, out_);
  }
  Bytes take() { return std::move(out_); }

 private:
  Bytes out_;
};

}  // namespace

Bytes syntheticFlv(std::chrono::seconds length, std::size_t bits_per_second) {
  std::mt19937 random(1);
  Writer writer;
  const Bytes audio_config{std::byte{0x12}, std::byte{0x10}};
  writer.add(Codec::h264, FrameKind::config, 0, videoConfig());
  writer.add(Codec::aac, FrameKind::config, 0, audio_config);
  // A keyframe weighs eight other frames.
  const std::size_t inter_size = bits_per_second / 8 * 2 / (frames_per_group + 7);
  double audio_ms = 0;
  const int count = static_cast<int>(length.count()) * frames_per_second;
  for (int i = 0; i < count; ++i) {
    const double now_ms = i * 1000.0 / frames_per_second;
    for (; audio_ms <= now_ms; audio_ms += 1024 * 1000.0 / 44100)
      writer.add(Codec::aac, FrameKind::key, static_cast<std::uint32_t>(audio_ms), noise(372, random));
    const bool key = i % frames_per_group == 0;
    writer.add(Codec::h264, key ? FrameKind::key : FrameKind::inter, static_cast<std::uint32_t>(now_ms),
               key ? unit(inter_size * 8, 0x65, random) : unit(inter_size, 0x41, random));
  }
  return writer.take();
}

}  // namespace multiconn::bench
