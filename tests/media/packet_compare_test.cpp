#include "bench/packet_compare.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "bench/packet_reader.hpp"
#include "media/clips.hpp"

namespace multiconn::bench {
namespace {

using namespace std::chrono_literals;
using multiconn::media::test::ClipTest;
using multiconn::media::test::picture;
using multiconn::media::test::tone;
using multiconn::media::test::x264;

constexpr double thirtieth_ms = 1000.0 / 30;

Microseconds exactTime(std::size_t frame) {
  return Microseconds(std::llround(static_cast<double>(frame) * thirtieth_ms * 1000));
}

Microseconds rounded(Microseconds time) {
  return std::chrono::round<std::chrono::milliseconds>(time);
}

// 30 pictures a second, each with a payload of its own.
Track pictures(std::size_t count) {
  Track track{true, "h264", {}};
  for (std::size_t i = 0; i < count; ++i)
    track.packets.push_back({exactTime(i), exactTime(i + 2), 100, "payload " + std::to_string(i)});
  return track;
}

Track sounds(std::size_t count) {
  Track track{false, "aac", {}};
  for (std::size_t i = 0; i < count; ++i) {
    const Microseconds time(std::llround(static_cast<double>(i) * 1024 * 1e6 / 44100));
    track.packets.push_back({time, time, 50, "sound " + std::to_string(i)});
  }
  return track;
}

// As a broadcast carries it: shifted, in whole milliseconds.
Track sent(Track track, Microseconds constant) {
  for (Packet& packet : track.packets) {
    packet.dts = rounded(*packet.dts + constant);
    packet.pts = rounded(*packet.pts + constant);
  }
  return track;
}

TEST(PacketCompare, EqualAfterRoundingAndOneConstant) {
  const std::vector<Track> input{pictures(100), sounds(150)};
  for (const Microseconds constant :
       {Microseconds(0), Microseconds(400), Microseconds(-3600s), Microseconds(7'123'456)}) {
    const Report report =
        compare(input, {sent(input[0], constant), sent(input[1], constant)}, TimestampRule::exact);
    EXPECT_TRUE(report.equal) << constant.count();
    ASSERT_EQ(report.tracks.size(), 2U);
    EXPECT_EQ(report.tracks[0].frames, 100U);
    EXPECT_EQ(report.tracks[1].codec, "aac");
  }
}

TEST(PacketCompare, TracksMustKeepTogether) {
  const std::vector<Track> input{pictures(100), sounds(150)};
  const Report report = compare(input, {sent(input[0], 1s), sent(input[1], 1003ms)}, TimestampRule::exact);
  EXPECT_FALSE(report.equal);
  EXPECT_FALSE(report.tracks[0].equal && report.tracks[1].equal);
}

TEST(PacketCompare, OneTimestampThatIsOff) {
  const std::vector<Track> input{pictures(100)};
  std::vector<Track> capture{sent(input[0], 0s)};
  *capture[0].packets[50].pts += 2ms;
  EXPECT_FALSE(compare(input, capture, TimestampRule::exact).equal);
  EXPECT_NEAR(compare(input, capture, TimestampRule::exact).tracks[0].worst_ms, 2, 0.6);
  EXPECT_TRUE(compare(input, capture, TimestampRule::none).equal);
}

TEST(PacketCompare, LostExtraAndDiffering) {
  const std::vector<Track> input{pictures(100)};
  std::vector<Track> capture{sent(input[0], 0s)};
  auto& packets = capture[0].packets;
  packets.erase(packets.begin() + 10, packets.begin() + 13);
  EXPECT_EQ(compare(input, capture, TimestampRule::exact).tracks[0].lost, 3U);
  packets.insert(packets.begin() + 40, {Microseconds(0), Microseconds(0), 1, "foreign"});
  packets[60].md5 = "damaged";
  const TrackReport report = compare(input, capture, TimestampRule::none).tracks[0];
  EXPECT_EQ(report.lost, 3U);
  EXPECT_EQ(report.extra, 1U);
  EXPECT_EQ(report.differing, 1U);
  EXPECT_FALSE(report.equal);
}

TEST(PacketCompare, OrderMatters) {
  const std::vector<Track> input{pictures(20)};
  std::vector<Track> capture{sent(input[0], 0s)};
  std::swap(capture[0].packets[5], capture[0].packets[6]);
  EXPECT_FALSE(compare(input, capture, TimestampRule::none).equal);
}

TEST(PacketCompare, ATrackThatIsMissing) {
  const std::vector<Track> input{pictures(20), sounds(30)};
  const Report lost = compare(input, {sent(input[0], 0s)}, TimestampRule::exact);
  EXPECT_FALSE(lost.equal);
  EXPECT_EQ(lost.tracks.at(1).lost, 30U);
  const Report extra = compare({input[0]}, {sent(input[0], 0s), sent(input[1], 0s)}, TimestampRule::exact);
  EXPECT_FALSE(extra.equal);
  EXPECT_EQ(extra.tracks.at(1).extra, 30U);
  EXPECT_FALSE(compare({}, {}, TimestampRule::exact).equal);
}

TEST(PacketCompare, NginxMayDriftButNotStep) {
  const std::vector<Track> input{pictures(100), sounds(150)};
  std::vector<Track> capture{sent(input[0], 1s), sent(input[1], 2s)};
  const auto shift = [&](Microseconds by) {
    for (std::size_t i = 50; i < 100; ++i) {
      *capture[0].packets[i].dts += by;
      *capture[0].packets[i].pts += by;
    }
  };
  shift(1ms);
  EXPECT_TRUE(compare(input, capture, TimestampRule::nginx).equal);
  EXPECT_FALSE(compare(input, capture, TimestampRule::exact).equal);
  shift(2ms);
  EXPECT_FALSE(compare(input, capture, TimestampRule::nginx).equal);
}

TEST(PacketCompare, NginxLeavesPtsAsFarAheadAsItWas) {
  const std::vector<Track> input{pictures(100)};
  std::vector<Track> capture{sent(input[0], 1s)};
  EXPECT_TRUE(compare(input, capture, TimestampRule::nginx).equal);
  *capture[0].packets[50].pts += 3ms;
  EXPECT_NEAR(compare(input, capture, TimestampRule::nginx).tracks[0].worst_ms, 3, 1);
  for (Packet& packet : capture[0].packets) packet.pts = packet.dts;
  EXPECT_FALSE(compare(input, capture, TimestampRule::nginx).equal);
  for (Packet& packet : capture[0].packets) packet.pts = std::nullopt;
  EXPECT_TRUE(compare(input, capture, TimestampRule::nginx).equal) << "there is nothing to compare";
}

TEST(PacketCompare, TheCodecIsCompared) {
  const std::vector<Track> input{pictures(20)};
  std::vector<Track> capture{sent(input[0], 0s)};
  capture[0].codec = "hevc";
  for (const TimestampRule rule : {TimestampRule::exact, TimestampRule::nginx, TimestampRule::none}) {
    const Report report = compare(input, capture, rule);
    EXPECT_FALSE(report.equal);
    EXPECT_TRUE(report.tracks[0].other_codec);
  }
  for (const char* unknown : {"", "none", "unknown_codec"}) {
    capture[0].codec = unknown;
    EXPECT_TRUE(compare(input, capture, TimestampRule::exact).equal) << unknown;
  }
}

TEST(PacketCompare, MissingTimesOfTheInputAreNotCompared) {
  std::vector<Track> input{pictures(20)};
  const std::vector<Track> capture{sent(input[0], 5s)};
  for (Packet& packet : input[0].packets) packet.dts = packet.pts = std::nullopt;
  EXPECT_TRUE(compare(input, capture, TimestampRule::exact).equal);
}

class PacketReader : public ClipTest {};

TEST_F(PacketReader, ContainersOfOneStreamAreEqual) {
  const std::string mp4 = clip("a.mp4", picture + tone + x264 + "-c:a aac");
  const std::vector<Track> input = readMedia(mp4, NalLengths::four);
  const std::string flv = clip("b.flv", "-i " + mp4 + " -c copy");
  EXPECT_TRUE(compare(input, readMedia(flv, NalLengths::four), TimestampRule::exact).equal);
  // The TS muxer adds delimiters and parameter sets, which count as payload.
  const std::string ts = clip("c.ts", "-i " + mp4 + " -c copy");
  const std::string from_ts = clip("d.flv", "-copyts -i " + ts + " -c copy -bsf:v h264_metadata=aud=insert");
  const Report report =
      compare(readMedia(ts, NalLengths::four), readMedia(from_ts, NalLengths::four), TimestampRule::exact);
  EXPECT_EQ(report.tracks.at(0).frames, 25U);
  EXPECT_TRUE(report.tracks.at(1).equal);
}

TEST_F(PacketReader, LengthSizesAreUnified) {
  const std::string mp4 = clip("a.mp4", picture + x264);
  const Track four = readMedia(mp4, NalLengths::four).at(0);
  const Track given = readMedia(mp4, NalLengths::as_given).at(0);
  EXPECT_EQ(four.packets.at(0).md5, given.packets.at(0).md5);
}

TEST_F(PacketReader, ListingsOfFfmpeg8AreRead) {
  const std::string folder = std::string(MULTICONN_VECTORS) + "/enhanced/";
  for (const char* name : {"h264", "h264_aac", "aac", "mp3"}) {
    SCOPED_TRACE(name);
    const std::vector<Track> input = readMedia(folder + name + ".flv", NalLengths::as_given);
    const std::vector<Track> listed = readListing(folder + name + ".packets.jsonl");
    EXPECT_TRUE(compare(input, listed, TimestampRule::exact).equal);
    std::vector<Track> renamed = listed;
    renamed.at(0).codec = "vp9";
    EXPECT_FALSE(compare(input, renamed, TimestampRule::exact).equal) << listed.at(0).codec;
  }
}

TEST_F(PacketReader, BadListings) {
  EXPECT_THROW(readListing("/nowhere"), std::runtime_error);
  EXPECT_THROW(readListing(file("a.jsonl", std::string_view("nonsense\n"))), std::runtime_error);
  const std::string no_size = "{\"stream\":0,\"type\":\"video\"}\n{\"stream\":0,\"md5\":\"x\"}\n";
  EXPECT_THROW(readListing(file("b.jsonl", no_size)), std::runtime_error);
  EXPECT_THROW(readMedia("/nowhere.mp4", NalLengths::four), std::runtime_error);
}

}  // namespace
}  // namespace multiconn::bench
