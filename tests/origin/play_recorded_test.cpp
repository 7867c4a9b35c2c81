// Playing what was recorded.
#include <fstream>

#include "origin/origin_fixture.hpp"
#include "rtmp/flv.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t frame_ms = 40;
constexpr std::uint32_t group = 10;

class PlayRecorded : public testing::Test {
 protected:
  void SetUp() override { write(50); }

  /// A keyframe every 10 frames of 40 ms, the number of the frame in its body.
  void write(std::uint32_t frames, std::size_t size = 32) {
    rtmp::Bytes bytes = rtmp::flvHeader(false, true);
    const auto metadata =
        rtmp::encode({0, 0, rtmp::Data{{"onMetaData", AmfObject::ecmaArray({{"width", 1}})}, {}}});
    rtmp::appendFlvTag({18, 0, *metadata->payload}, bytes);
    rtmp::appendFlvTag({9, 0, videoConfig()}, bytes);
    for (std::uint32_t i = 0; i < frames; ++i) {
      rtmp::appendFlvTag({9, i * frame_ms, videoFrame(i % group == 0, static_cast<unsigned char>(i), size)},
                         bytes);
    }
    std::filesystem::create_directories(folder.path() / "live");
    std::ofstream(folder.path() / "live/show.flv", std::ios::binary) << rtmp::asText(bytes);
  }
  OriginOptions options() const {
    auto options = testOptions();
    options.data_dir = folder.path();
    return options;
  }
  void expectHead(std::uint32_t timestamp) {
    const auto metadata = player.media();
    ASSERT_TRUE(metadata);
    EXPECT_EQ(handlerOf(*metadata), "onMetaData");
    const auto config = player.media();
    ASSERT_TRUE(config);
    EXPECT_EQ(bodyOf(*config), videoConfig());
    EXPECT_EQ(config->timestamp, timestamp);
  }
  void expectFrames(std::uint32_t from, std::uint32_t to) {
    for (std::uint32_t i = from; i < to; ++i) {
      const auto frame = player.media();
      ASSERT_TRUE(frame);
      EXPECT_EQ(frame->timestamp, i * frame_ms);
      EXPECT_EQ(bodyOf(*frame), videoFrame(i % group == 0, static_cast<unsigned char>(i)));
    }
  }

  TemporaryFolder folder;
  OriginServer server{options()};
  RtmpTestClient player{server.port()};
};

TEST_F(PlayRecorded, FromTheStartToTheEnd) {
  ASSERT_TRUE(player.connect() && player.play("show", 0));
  ASSERT_NO_FATAL_FAILURE(expectHead(0));
  ASSERT_NO_FATAL_FAILURE(expectFrames(0, 50));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.Complete"));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.Stop"));
  EXPECT_FALSE(player.media(0ms));
}

TEST_F(PlayRecorded, WhenNobodyPublishesLive) {
  ASSERT_TRUE(player.connect() && player.play("show"));
  ASSERT_NO_FATAL_FAILURE(expectHead(0));
  ASSERT_NO_FATAL_FAILURE(expectFrames(0, 3));
}

TEST_F(PlayRecorded, NotWhenSomebodyPublishesLive) {
  RtmpTestClient publisher(server.port());
  ASSERT_TRUE(publisher.connect() && publisher.publish("show"));
  ASSERT_TRUE(player.connect() && player.play("show"));
  ASSERT_TRUE(publisher.sendVideo(7, videoFrame(true, 200)));
  const auto frame = nextFrame(player);
  ASSERT_TRUE(frame);
  EXPECT_EQ(bodyOf(*frame), videoFrame(true, 200));
}

TEST_F(PlayRecorded, NotForThoseWhoAskForLiveOnly) {
  ASSERT_TRUE(player.connect() && player.requestPlay({.stream = "show", .start_ms = -1000}));
  EXPECT_TRUE(eventually([&] { return waitingPlayers(server) == 1; }));
}

TEST_F(PlayRecorded, FromTheKeyframeBeforeTheWantedTime) {
  ASSERT_TRUE(player.connect() && player.play("show", 1000));
  ASSERT_NO_FATAL_FAILURE(expectHead(20 * frame_ms));
  ASSERT_NO_FATAL_FAILURE(expectFrames(20, 50));
}

TEST_F(PlayRecorded, AsLongAsWanted) {
  ASSERT_TRUE(player.connect());
  ASSERT_TRUE(player.requestPlay({.stream = "show", .start_ms = 400, .duration_ms = 400}));
  ASSERT_TRUE(player.waitPlaying());
  ASSERT_NO_FATAL_FAILURE(expectHead(400));
  ASSERT_NO_FATAL_FAILURE(expectFrames(10, 21));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.Complete"));
  EXPECT_FALSE(player.media(0ms));
}

TEST_F(PlayRecorded, IsPacedByItsTimes) {
  ASSERT_TRUE(player.connect());
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(player.requestPlay({.stream = "show", .start_ms = 0, .buffer_ms = 500}) &&
              player.waitPlaying());
  ASSERT_NO_FATAL_FAILURE(expectHead(0));
  ASSERT_NO_FATAL_FAILURE(expectFrames(0, 50));
  // The last frame is due 1960 ms after the first, and 500 ms are sent ahead.
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 1460ms);
}

TEST_F(PlayRecorded, SeeksAndPauses) {
  ASSERT_TRUE(player.connect());
  ASSERT_TRUE(player.requestPlay({.stream = "show", .start_ms = 0, .buffer_ms = 500}) &&
              player.waitPlaying());
  ASSERT_NO_FATAL_FAILURE(expectHead(0));
  ASSERT_NO_FATAL_FAILURE(expectFrames(0, 2));
  const std::uint32_t id = player.playStreamId();
  ASSERT_TRUE(player.command(id, "pause", {true, 80}));
  ASSERT_TRUE(player.waitStatus("NetStream.Pause.Notify"));
  ASSERT_TRUE(player.command(id, "seek", {1700}));
  ASSERT_TRUE(player.waitStatus("NetStream.Seek.Notify"));
  while (const auto rest = player.media(50ms)) {
  }
  ASSERT_TRUE(player.command(id, "pause", {false, 1700}));
  ASSERT_TRUE(player.waitStatus("NetStream.Unpause.Notify"));
  ASSERT_NO_FATAL_FAILURE(expectFrames(40, 50));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.Complete"));
}

// What files were read for, by this whole process.
std::uint64_t bytesRead() {
  std::ifstream io("/proc/self/io");
  std::string label;
  std::uint64_t count = 0;
  io >> label >> count;
  return count;
}

TEST_F(PlayRecorded, BodiesOfUnwantedFramesAreNotRead) {
  constexpr std::size_t size = 1'000'000;
  write(50, size);
  ASSERT_TRUE(player.connect());
  ASSERT_TRUE(player.requestPlay({.stream = "show", .start_ms = 0, .buffer_ms = 500}) &&
              player.waitPlaying());
  const std::uint32_t id = player.playStreamId();
  ASSERT_TRUE(player.command(id, "pause", {true, 0}));
  ASSERT_TRUE(player.waitStatus("NetStream.Pause.Notify"));
  const auto before = bytesRead();
  ASSERT_TRUE(player.command(id, "receiveVideo", {false}));
  ASSERT_TRUE(player.command(id, "pause", {false, 0}));
  ASSERT_TRUE(player.waitStatus("NetStream.Play.Complete"));
  EXPECT_LT(bytesRead() - before, 5 * size);
}

TEST_F(PlayRecorded, ASeekBehindTheEndFindsTheLastKeyframe) {
  ASSERT_TRUE(player.connect() && player.play("show", 100'000));
  ASSERT_NO_FATAL_FAILURE(expectHead(40 * frame_ms));
  ASSERT_NO_FATAL_FAILURE(expectFrames(40, 50));
}

TEST_F(PlayRecorded, LengthIsTold) {
  ASSERT_TRUE(player.connect());
  ASSERT_TRUE(player.send(rtmp::command(0, "getStreamLength", 77, nullptr, {"show"})));
  const auto reply = player.waitReply(77);
  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->arguments.size(), 1U);
  EXPECT_EQ(reply->arguments[0], AmfValue(1.96));
  ASSERT_TRUE(player.send(rtmp::command(0, "getStreamLength", 78, nullptr, {"other"})));
  EXPECT_TRUE(player.waitReply(78));
}

TEST_F(PlayRecorded, ADamagedFileEndsWhereItIsDamaged) {
  const auto path = folder.path() / "live/show.flv";
  std::filesystem::resize_file(path, std::filesystem::file_size(path) - 20);
  ASSERT_TRUE(player.connect() && player.play("show", 0));
  ASSERT_NO_FATAL_FAILURE(expectHead(0));
  ASSERT_NO_FATAL_FAILURE(expectFrames(0, 49));
  EXPECT_TRUE(player.waitStatus("NetStream.Play.Complete"));
  std::filesystem::resize_file(path, 13);
  RtmpTestClient second(server.port());
  ASSERT_TRUE(second.connect() && second.play("show", 0));
  EXPECT_TRUE(second.waitStatus("NetStream.Play.Complete"));
}

TEST_F(PlayRecorded, ALongFileIsSearchedInSteps) {
  write(20'000);
  ASSERT_TRUE(player.connect() && player.play("show", 19'990 * frame_ms));
  ASSERT_NO_FATAL_FAILURE(expectHead(19'990 * frame_ms));
  ASSERT_NO_FATAL_FAILURE(expectFrames(19'990, 20'000));
}

}  // namespace
}  // namespace multiconn::test
