// Players that read slowly, or not at all.
#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t frame_size = 50'000;
constexpr unsigned group = 10;

OriginOptions smallQueues() {
  auto options = testOptions();
  options.player_queue_bytes = 1024 * 1024;
  return options;
}

rtmp::Bytes frame(unsigned number) {
  return videoFrame(number % group == 0, static_cast<unsigned char>(number), frame_size);
}

// Long enough that the kernel's buffers, which grow to some megabytes, and the queue are full for certain.
constexpr unsigned frames = 400;

TEST(SlowPlayer, LosesWholeGroupsWhileOthersGetEverything) {
  const OriginServer server(smallQueues());
  RtmpTestClient publisher(server.port());
  RtmpTestClient good(server.port());
  RtmpTestClient slow(server.port(), {.receive_buffer = 8192});
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(good.connect() && good.play("s") && slow.connect() && slow.play("s"));
  for (unsigned i = 0; i < frames; ++i) {
    ASSERT_TRUE(publisher.sendVideo(i * 40, frame(i)));
    const auto got = nextFrame(good);
    ASSERT_TRUE(got);
    ASSERT_EQ(got->timestamp, i * 40);
    ASSERT_EQ(bodyOf(*got), frame(i));
  }
  EXPECT_GT(statusOf(server).at("streams").at(0).at("dropped_frames").to_number<std::int64_t>(), 0);

  ASSERT_TRUE(publisher.sendAudio(frames * 40, audioFrame(1)));
  unsigned expected = 0;
  unsigned gaps = 0;
  for (auto got = nextFrame(slow); got && isVideo(*got); got = nextFrame(slow)) {
    const unsigned number = got->timestamp / 40;
    ASSERT_EQ(bodyOf(*got), frame(number));
    if (number != expected) {
      ++gaps;
      EXPECT_EQ(number % group, 0U) << "after a gap the picture has to begin with a keyframe";
      EXPECT_GT(number, expected);
    }
    expected = number + 1;
  }
  EXPECT_GE(gaps, 1U);
}

TEST(SlowPlayer, ThatTakesNothingAnyMoreIsClosed) {
  auto options = smallQueues();
  options.idle_timeout = 300ms;
  const OriginServer server(options);
  RtmpTestClient publisher(server.port());
  RtmpTestClient stuck(server.port(), {.receive_buffer = 8192});
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(stuck.connect() && stuck.play("s"));
  unsigned number = 0;
  EXPECT_TRUE(eventually([&] {
    for (int i = 0; i < 10; ++i) publisher.sendVideo(number * 40, frame(number)), ++number;
    publisher.step(0ms);
    return connections(server) == 1;
  }));
}

TEST(SlowPlayer, GetsAGroupLargerThanItsQueueWhole) {
  auto options = testOptions();
  options.player_queue_bytes = 100'000;
  const OriginServer server(options);
  RtmpTestClient publisher(server.port());
  RtmpTestClient witness(server.port());
  RtmpTestClient player(server.port(), {.receive_buffer = 8192});
  ASSERT_TRUE(publisher.connect() && publisher.publish("s") && witness.connect() && witness.play("s"));
  for (unsigned i = 0; i < group; ++i) {
    ASSERT_TRUE(publisher.sendVideo(i * 40, frame(i)));
    ASSERT_TRUE(nextFrame(witness));
  }
  ASSERT_TRUE(player.connect() && player.play("s"));
  for (unsigned i = 0; i < group; ++i) {
    const auto got = nextFrame(player);
    ASSERT_TRUE(got);
    EXPECT_EQ(got->timestamp, i * 40);
  }
}

// Configuration records are never dropped, so that somebody could fill the memory with them.
TEST(SlowPlayer, IsClosedBeforeWhatCannotBeDroppedPilesUp) {
  const OriginServer server(smallQueues());
  RtmpTestClient publisher(server.port());
  RtmpTestClient stuck(server.port(), {.receive_buffer = 8192});
  ASSERT_TRUE(publisher.connect() && publisher.publish("s"));
  ASSERT_TRUE(stuck.connect() && stuck.play("s"));
  rtmp::Bytes config = videoConfig();
  config.resize(500'000);
  EXPECT_TRUE(eventually([&] { return publisher.sendVideo(0, config) && connections(server) == 1; }));
}

}  // namespace
}  // namespace multiconn::test
