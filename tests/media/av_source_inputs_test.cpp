// Every kind of input arrives packet-exact: as libavformat itself reads it.
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "media/clips.hpp"
#include "media/played.hpp"
#include "rtmp/flv.hpp"

namespace multiconn {
namespace {

using namespace std::chrono_literals;
using namespace media::test;
using std::string;

class AvSourceInputs : public ClipTest {
 protected:
  void expectExact(const string& name, const string& arguments, Codec video, Codec audio) {
    const string file = clip(name, arguments);
    const Played played = play(file);
    expectSamePackets(file, played);
    expectConfigFirst(played.video, video);
    expectConfigFirst(played.audio, audio);
  }
  void expectExactTrack(const string& name, const string& arguments, Codec codec) {
    const string file = clip(name, arguments);
    const Played played = play(file);
    expectSamePackets(file, played);
    expectConfigFirst(isVideo(codec) ? played.video : played.audio, codec);
    EXPECT_TRUE((isVideo(codec) ? played.audio : played.video).empty());
  }

 private:
  static void expectConfigFirst(const std::vector<EncodedFrame>& frames, Codec codec) {
    const std::vector<EncodedFrame> sent = normalized(frames);
    ASSERT_FALSE(sent.empty());
    EXPECT_EQ(sent.front().codec, codec);
    const bool has_none = codec == Codec::mp3 || codec == Codec::ac3 || codec == Codec::eac3;
    EXPECT_EQ(sent.front().kind == FrameKind::config, !has_none);
    EXPECT_EQ(
        std::count_if(sent.begin(), sent.end(), [](const auto& f) { return f.kind == FrameKind::config; }),
        has_none ? 0 : 1);
    const auto first =
        std::find_if(sent.begin(), sent.end(), [](const auto& f) { return f.kind != FrameKind::config; });
    EXPECT_EQ(first->kind, FrameKind::key);
  }
};

TEST_F(AvSourceInputs, Mp4WithBFrames) {
  expectExact("clip.mp4", picture + tone + x264 + "-c:a aac", Codec::h264, Codec::aac);
}
TEST_F(AvSourceInputs, Mkv) {
  expectExact("clip.mkv", picture + tone + x264 + "-c:a aac", Codec::h264, Codec::aac);
}
TEST_F(AvSourceInputs, MpegTs) {
  expectExact("clip.ts", picture + tone + x264 + "-c:a aac", Codec::h264, Codec::aac);
}
TEST_F(AvSourceInputs, Flv) {
  expectExact("clip.flv", picture + tone + x264 + "-c:a aac", Codec::h264, Codec::aac);
}
TEST_F(AvSourceInputs, HevcInMp4) {
  expectExactTrack("clip.mp4", picture + x265, Codec::hevc);
}
TEST_F(AvSourceInputs, HevcInMpegTs) {
  expectExactTrack("clip.ts", picture + x265, Codec::hevc);
}
TEST_F(AvSourceInputs, HevcInMkv) {
  expectExactTrack("clip.mkv", picture + x265, Codec::hevc);
}
TEST_F(AvSourceInputs, Av1InMkv) {
  expectExact("clip.mkv", picture + tone + "-c:v libaom-av1 -cpu-used 8 -usage realtime -c:a libopus",
              Codec::av1, Codec::opus);
}
TEST_F(AvSourceInputs, Av1InIvf) {
  expectExactTrack("clip.ivf", picture + "-c:v libaom-av1 -cpu-used 8 -usage realtime", Codec::av1);
}
TEST_F(AvSourceInputs, Vp9InWebm) {
  expectExact("clip.webm", picture + tone + "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -c:a libopus",
              Codec::vp9, Codec::opus);
}
TEST_F(AvSourceInputs, Vp8InWebm) {
  expectExactTrack("clip.webm", picture + "-c:v libvpx -deadline realtime -cpu-used 8", Codec::vp8);
}
TEST_F(AvSourceInputs, FlacInMkv) {
  expectExactTrack("clip.mkv", tone + "-c:a flac", Codec::flac);
}
TEST_F(AvSourceInputs, Flac) {
  expectExactTrack("clip.flac", tone, Codec::flac);
}
TEST_F(AvSourceInputs, OpusInOgg) {
  expectExactTrack("clip.ogg", tone + "-c:a libopus", Codec::opus);
}
TEST_F(AvSourceInputs, Ac3InMkv) {
  expectExactTrack("clip.mkv", tone + "-c:a ac3", Codec::ac3);
}
TEST_F(AvSourceInputs, Eac3InMkv) {
  expectExactTrack("clip.mkv", tone + "-c:a eac3", Codec::eac3);
}
TEST_F(AvSourceInputs, Mp3) {
  expectExactTrack("clip.mp3", tone + "-c:a libmp3lame", Codec::mp3);
}
TEST_F(AvSourceInputs, Mp3WithCover) {
  const string song = clip("song.mp3", tone + "-c:a libmp3lame");
  const string cover = clip("cover.png", "-f lavfi -i testsrc2=size=64x64:duration=1 -frames:v 1");
  expectExactTrack("clip.mp3",
                   "-i " + song + " -i " + cover + " -map 0:a -map 1:v -c copy -disposition:v attached_pic",
                   Codec::mp3);
}
TEST_F(AvSourceInputs, AacInAdts) {
  expectExactTrack("clip.aac", tone + "-c:a aac", Codec::aac);
}
TEST_F(AvSourceInputs, AudioOnly) {
  expectExactTrack("clip.mp4", tone + "-c:a aac", Codec::aac);
}
TEST_F(AvSourceInputs, VideoOnly) {
  expectExactTrack("clip.mp4", picture + x264, Codec::h264);
}
TEST_F(AvSourceInputs, VariableFrameRate) {
  expectExactTrack("clip.mp4", picture + "-vf \"select='not(mod(n,3))+not(mod(n,7))'\" -vsync vfr " + x264,
                   Codec::h264);
}
TEST_F(AvSourceInputs, NameWithColon) {
  expectExactTrack("a:b.mp4", tone + "-c:a aac", Codec::aac);
}

TEST_F(AvSourceInputs, KindsOfFrames) {
  for (const char* name : {"clip.mp4", "clip.ts"}) {
    const std::vector<EncodedFrame> frames = normalized(play(clip(name, picture + x264)).video);
    const auto count = [&](FrameKind kind) {
      return std::count_if(frames.begin(), frames.end(), [&](const auto& f) { return f.kind == kind; });
    };
    EXPECT_EQ(count(FrameKind::key), 3);
    EXPECT_GT(count(FrameKind::disposable), 5);
    EXPECT_GT(count(FrameKind::inter), 2);
  }
}

TEST_F(AvSourceInputs, AKeyframeOf1500KB) {
  const string raw = path("noise.yuv");
  ASSERT_EQ(std::system(("head -c 6220800 /dev/urandom > " + raw).c_str()), 0);
  const string file = clip("clip.mp4", "-f rawvideo -pix_fmt yuv420p -s 1920x1080 -i " + raw +
                                           " -c:v libx264 -preset ultrafast -qp 20 -g 1");
  const Played played = play(file);
  expectSamePackets(file, played);
  EXPECT_GT(played.video.at(1).data->size(), 1'500'000U);
}

// ---- timestamps ----

TEST_F(AvSourceInputs, TimestampsThatStartAtOneHour) {
  const string arguments = picture + tone + x264 + "-c:a aac -output_ts_offset 3600";
  for (const char* name : {"clip.flv", "clip.ts", "clip.mkv"}) {
    const string file = clip(name, arguments);
    const Played played = play(file);
    expectSamePackets(file, played);
    EXPECT_GT(played.video.back().dts, 1h);
  }
}

TEST_F(AvSourceInputs, TimestampsThatCross24Bits) {
  const string file = clip("clip.flv", picture + tone + x264 + "-c:a aac -output_ts_offset 16776.7");
  const Played played = play(file);
  expectSamePackets(file, played);
  EXPECT_LT(played.video.at(1).dts, 0xFFFFFF * 1ms);
  EXPECT_GT(played.video.back().dts, 0xFFFFFF * 1ms);
}

rtmp::Bytes shiftedFlv(const rtmp::Bytes& file, std::uint32_t milliseconds) {
  rtmp::FlvReader reader{rtmp::Limits{}};
  reader.append(file);
  rtmp::Bytes shifted = rtmp::flvHeader(true, true);
  while (const auto tag = reader.next())
    rtmp::appendFlvTag({tag->type, tag->timestamp + milliseconds, tag->body}, shifted);
  return shifted;
}

void expectSteadyVideo(const std::vector<EncodedFrame>& frames) {
  std::vector<EncodedFrame> pictures;
  for (const EncodedFrame& frame : frames)
    if (frame.kind != FrameKind::config) pictures.push_back(frame);
  ASSERT_EQ(pictures.size(), 25U);
  for (std::size_t i = 1; i < pictures.size(); ++i)
    EXPECT_EQ(pictures[i].dts - pictures[i - 1].dts, 40ms) << i;
}

TEST_F(AvSourceInputs, FlvTimestampsThatWrap32Bits) {
  const rtmp::Bytes plain = contentOf(clip("plain.flv", picture + tone + x264 + "-c:a aac"));
  const string file = this->file("clip.flv", shiftedFlv(plain, 0xFFFFFFFF - 500));
  const Played played = play(file);
  expectSteadyVideo(played.video);
  expectSamePackets(file, played);
}

TEST_F(AvSourceInputs, MpegTsTimestampsThatWrap33Bits) {
  const string file =
      clip("clip.ts", picture + tone + x264 + "-c:a aac -muxdelay 0 -output_ts_offset 95443.3");
  const Played played = play(file);
  expectSteadyVideo(played.video);
  expectSamePackets(file, played);
}

// ---- raw streams: no timestamps in them at all ----

class AvSourceRaw : public AvSourceInputs {
 protected:
  // The same pictures in a container say what must come out.
  void expectTimesAreFound(const string& codec_arguments, const string& name) {
    const string reference = clip("reference.mp4", picture + codec_arguments);
    const string raw = clip(name, "-i " + reference + " -c copy");
    const std::vector<EncodedFrame> expected = pictures(play(reference));
    const std::vector<EncodedFrame> found = pictures(play(raw));
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      EXPECT_EQ(found[i].dts - found[0].dts, expected[i].dts - expected[0].dts) << i;
      EXPECT_EQ(found[i].pts - found[0].pts, expected[i].pts - expected[0].pts) << i;
      EXPECT_GE(found[i].pts, found[i].dts) << i;
      EXPECT_EQ(found[i].kind == FrameKind::key, expected[i].kind == FrameKind::key) << i;
    }
  }

  static std::vector<EncodedFrame> pictures(const Played& played) {
    std::vector<EncodedFrame> all;
    for (const EncodedFrame& frame : normalized(played.video))
      if (frame.kind != FrameKind::config) all.push_back(frame);
    return all;
  }
};

TEST_F(AvSourceRaw, H264) {
  expectTimesAreFound(x264, "clip.h264");
}
TEST_F(AvSourceRaw, H264WithoutReordering) {
  expectTimesAreFound(x264 + "-bf 0", "clip.h264");
}
TEST_F(AvSourceRaw, Hevc) {
  expectTimesAreFound(x265, "clip.hevc");
}

// ---- pipes ----

/// Feeds a pipe from a thread of its own.
class Feeder {
 public:
  explicit Feeder(rtmp::Bytes content, bool close_at_end = true) : content_(std::move(content)) {
    int ends[2] = {-1, -1};
    EXPECT_EQ(pipe(ends), 0);
    reading_ = ends[0];
    writing_ = ends[1];
    thread_ = std::thread([this, close_at_end] { feed(close_at_end); });
  }
  ~Feeder() {
    close(reading_);
    thread_.join();
    if (writing_ >= 0) close(writing_);
  }
  int descriptor() const { return reading_; }
  string url() const { return "pipe:" + std::to_string(reading_); }

 private:
  void feed(bool close_at_end) {
    std::size_t sent = 0;
    while (sent < content_.size()) {
      const ssize_t count = ::write(writing_, content_.data() + sent, content_.size() - sent);
      if (count <= 0) break;
      sent += static_cast<std::size_t>(count);
    }
    if (!close_at_end) return;
    close(writing_);
    writing_ = -1;
  }

  rtmp::Bytes content_;
  int reading_ = -1;
  int writing_ = -1;
  std::thread thread_;
};

TEST_F(AvSourceInputs, MpegTsThroughAPipe) {
  const string file = clip("clip.ts", picture + tone + x264 + "-c:a aac");
  Feeder feeder(contentOf(file));
  expectSamePackets(file, play(feeder.url()));
}

TEST_F(AvSourceInputs, RawH264OnStandardInput) {
  const string file = clip("clip.h264", picture + x264);
  Feeder feeder(contentOf(file));
  const int kept = dup(STDIN_FILENO);
  ASSERT_EQ(dup2(feeder.descriptor(), STDIN_FILENO), STDIN_FILENO);
  const Played played = play("-");
  dup2(kept, STDIN_FILENO);
  close(kept);
  expectSamePackets(file, played);
}

TEST_F(AvSourceInputs, Fifo) {
  const string file = clip("clip.ts", picture + tone + x264 + "-c:a aac");
  const rtmp::Bytes content = contentOf(file);
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  std::thread writer([&] { std::ofstream(path("fifo"), std::ios::binary) << rtmp::asText(content); });
  const Played played = play(path("fifo"));
  writer.join();
  expectSamePackets(file, played);
}

TEST_F(AvSourceInputs, StopEndsAReadThatBlocks) {
  const rtmp::Bytes content = contentOf(clip("clip.ts", picture + tone + x264 + "-c:a aac"));
  Feeder feeder(content, false);
  AvSource source = AvSource::open(feeder.url(), {.realtime = false});
  const auto sink = std::make_shared<RecordingSink>();
  std::shared_ptr<VideoSource> video = source.video();
  video->start(sink);
  ASSERT_TRUE(sink->waitForFrames(10));
  video->stop();
  const std::size_t count = sink->frames().size();
  video.reset();
  EXPECT_EQ(sink->frames().size(), count);
  EXPECT_FALSE(sink->end());
}

}  // namespace
}  // namespace multiconn
