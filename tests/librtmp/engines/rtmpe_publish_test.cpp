// A whole broadcast over rtmpe://, to librtmp's own server half.
#include <gtest/gtest.h>

#include "librtmp/engines/hand_source.hpp"
#include "librtmp/engines/viewer.hpp"
#include "librtmp/librtmp_server.hpp"
#include "support/media_frames.hpp"
#include "support/rtmp_test_client.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using rtmp::MessageType;

/// One audio or video message.
struct Tag {
  MessageType type{};
  std::uint32_t timestamp = 0;
  rtmp::Bytes body;
  bool operator==(const Tag&) const = default;
};

/// The frames of a broadcast, and the messages that they have to become (FLV 10.1 E.4.2 and E.4.3).
class Broadcast {
 public:
  explicit Broadcast(NetStream& stream) : stream_(stream) {}
  void write(const EncodedFrame& frame) {
    const bool config = frame.kind == FrameKind::config;
    Tag tag{MessageType::audio, static_cast<std::uint32_t>(frame.dts / 1ms), {}};
    rtmp::ByteWriter writer(tag.body);
    if (frame.codec == Codec::aac) {
      writer.u8(0xAF).u8(config ? 0 : 1);
      EXPECT_TRUE(stream_.writeAudio(frame));
    } else {
      tag.type = MessageType::video;
      writer.u8(frame.kind == FrameKind::inter ? 0x27 : 0x17).u8(config ? 0 : 1);
      writer.u24(static_cast<std::uint32_t>((frame.pts - frame.dts) / 1ms));
      EXPECT_TRUE(stream_.writeVideo(frame));
    }
    tag.body.insert(tag.body.end(), frame.data->begin(), frame.data->end());
    tags.push_back(std::move(tag));
  }

  std::vector<Tag> tags;

 private:
  NetStream& stream_;
};

std::vector<Tag> tagsOf(const librtmp::test::LibrtmpServer& server) {
  std::vector<Tag> tags;
  for (const rtmp::RawMessage& message : server.received()) {
    const auto type = static_cast<MessageType>(message.type);
    if (type == MessageType::audio || type == MessageType::video)
      tags.push_back({type, message.timestamp, *message.payload});
  }
  return tags;
}

TEST(RtmpePublish, EveryFrameOfABroadcastArrivesAsItWas) {
  librtmp::test::LibrtmpServer server;
  Viewer viewer;
  viewer.stream.live(false);
  viewer.stream.publish("canary");
  Destination destination;
  destination.url = "rtmpe://127.0.0.1:" + std::to_string(server.port()) + "/live";
  ASSERT_TRUE(viewer.connect({destination}).success) << viewer.everythingSaid();
  ASSERT_TRUE(viewer.waitStatus("NetStream.Publish.Start")) << viewer.everythingSaid();
  EXPECT_EQ(server.encrypted(), 1);

  Broadcast broadcast(viewer.stream);
  broadcast.write(videoConfig());
  broadcast.write(audioConfig());
  for (std::uint32_t i = 0; i < 100; ++i) {
    const bool key = i % 25 == 0;
    const std::size_t size = key ? 100'000 + i : 500 + 37 * i;
    broadcast.write(video(key ? FrameKind::key : FrameKind::inter, i, 40ms * i, size, i % 3 * 40ms));
    broadcast.write(audio(i, 40ms * i + 10ms));
  }
  EXPECT_TRUE(eventually([&] { return tagsOf(server).size() >= broadcast.tags.size(); }, 20s));
  const std::vector<Tag> arrived = tagsOf(server);
  ASSERT_EQ(arrived.size(), broadcast.tags.size());
  for (std::size_t i = 0; i < arrived.size(); ++i) EXPECT_TRUE(arrived[i] == broadcast.tags[i]) << i;
  EXPECT_EQ(viewer.everythingSaid().find("canary"), std::string::npos);
}

}  // namespace
}  // namespace multiconn::test
