#include <multiconn/av_source.hpp>

#include <gtest/gtest.h>

#include <algorithm>

#include "media/clips.hpp"
#include "media/played.hpp"
#include "rtmp/flv.hpp"

namespace multiconn {
namespace {

using namespace std::chrono_literals;
using namespace media::test;
using std::string;

class AvSourceTest : public ClipTest {
 protected:
  string both() const { return clip("clip.mp4", picture + tone + x264 + "-c:a aac"); }
};

TEST_F(AvSourceTest, PropertiesAreThoseOfTheTracks) {
  AvSource source = AvSource::open(both());
  const AmfObject video = source.video()->properties();
  EXPECT_EQ(video.numberOr("width", 0), 160);
  EXPECT_EQ(video.numberOr("height", 0), 90);
  EXPECT_EQ(video.numberOr("framerate", 0), 25);
  EXPECT_EQ(video.numberOr("videocodecid", 0), 7);
  EXPECT_GT(video.numberOr("videodatarate", 0), 1);
  EXPECT_NEAR(video.numberOr("duration", 0), 1, 0.1);
  EXPECT_EQ(video.find("audiocodecid"), nullptr);

  const AmfObject audio = source.audio()->properties();
  EXPECT_EQ(audio.numberOr("audiocodecid", 0), 10);
  EXPECT_EQ(audio.numberOr("audiosamplerate", 0), 48000);
  EXPECT_EQ(audio.numberOr("audiosamplesize", 0), 16);
  EXPECT_EQ(audio.numberOr("audiochannels", 0), 1);
  ASSERT_NE(audio.find("stereo"), nullptr);
  EXPECT_EQ(*audio.find("stereo"), AmfValue(false));
}

TEST_F(AvSourceTest, EndlessSourcesHaveNoDuration) {
  AvSource source = AvSource::open(both(), {.loop = true});
  EXPECT_EQ(source.video()->properties().find("duration"), nullptr);
  AvSource limited = AvSource::open(both(), {.loop = true, .duration = 5s});
  EXPECT_EQ(limited.video()->properties().numberOr("duration", 0), 5);
}

TEST_F(AvSourceTest, LiveUnlessItCanWait) {
  const string file = both();
  AvSource paced = AvSource::open(file);
  EXPECT_TRUE(paced.audio()->live());
  AvSource unpaced = AvSource::open(file, {.realtime = false});
  EXPECT_FALSE(unpaced.audio()->live());
}

TEST_F(AvSourceTest, NoTrackOfAKindThatIsNotThere) {
  AvSource source = AvSource::open(clip("clip.mp4", tone + "-c:a aac"));
  EXPECT_EQ(source.video(), nullptr);
  EXPECT_NE(source.audio(), nullptr);
}

TEST_F(AvSourceTest, PacedDeliversEverythingToo) {
  const string file = both();
  expectSamePackets(file, play(file, {}));
}

TEST_F(AvSourceTest, FramesFlowOnceEveryTrackTakenHasBeenStarted) {
  AvSource source = AvSource::open(both(), {.realtime = false});
  const auto audio_sink = std::make_shared<RecordingSink>();
  const auto video_sink = std::make_shared<RecordingSink>();
  const std::shared_ptr<VideoSource> video = source.video();
  const std::shared_ptr<AudioSource> audio = source.audio();
  audio->start(audio_sink);
  EXPECT_TRUE(audio_sink->frames().empty());
  video->start(video_sink);
  EXPECT_TRUE(audio_sink->waitForEnd());
  EXPECT_TRUE(video_sink->waitForEnd());
  EXPECT_EQ(withoutConfig(video_sink->frames()).size(), 25U);
}

TEST_F(AvSourceTest, ATrackThatIsDroppedIsNotWaitedFor) {
  AvSource source = AvSource::open(both(), {.realtime = false});
  const auto sink = std::make_shared<RecordingSink>();
  const std::shared_ptr<AudioSource> audio = source.audio();
  std::shared_ptr<VideoSource> video = source.video();
  audio->start(sink);
  video.reset();
  EXPECT_TRUE(sink->waitForEnd());
  EXPECT_GT(sink->frames().size(), 40U);
}

TEST_F(AvSourceTest, StoppingOneTrackEndsTheOther) {
  AvSource source = AvSource::open(both(), {.realtime = false, .loop = true});
  const auto audio_sink = std::make_shared<RecordingSink>();
  const auto video_sink = std::make_shared<RecordingSink>();
  const auto audio = source.audio();
  const auto video = source.video();
  audio->start(audio_sink);
  video->start(video_sink);
  ASSERT_TRUE(video_sink->waitForFrames(100));
  video->stop();
  const std::size_t count = video_sink->frames().size();
  EXPECT_TRUE(audio_sink->waitForEnd());
  EXPECT_EQ(audio_sink->end(), "");
  EXPECT_EQ(video_sink->frames().size(), count);
  EXPECT_FALSE(video_sink->end());
}

TEST_F(AvSourceTest, StartAfterTheEndSaysSo) {
  AvSource source = AvSource::open(both(), {.realtime = false});
  play(source);
  const auto sink = std::make_shared<RecordingSink>();
  const auto video = source.video();
  video->start(sink);
  EXPECT_TRUE(sink->waitForEnd());
  EXPECT_NE(sink->end(), "");
}

TEST_F(AvSourceTest, DropsOnItsOwnThread) {
  // A sink that holds the source's last references, and lets go of them when it is told of the end.
  struct Owner final : FrameSink {
    std::shared_ptr<VideoSource> track;
    std::shared_ptr<RecordingSink> record = std::make_shared<RecordingSink>();
    bool write(EncodedFrame frame) override { return record->write(std::move(frame)); }
    bool full() const override { return false; }
    void ended(std::string error) override {
      track.reset();
      record->ended(std::move(error));
    }
  };
  const auto owner = std::make_shared<Owner>();
  const auto record = owner->record;
  std::shared_ptr<VideoSource> track = AvSource::open(both()).video();
  owner->track = track;
  track->start(owner);
  track.reset();  // well before the second of media has passed; the owner's is the last then
  EXPECT_TRUE(record->waitForEnd());
}

// ---- a source that can wait ----

TEST_F(AvSourceTest, WaitsWhileTheSinkIsFull) {
  expectToWaitWhileFull(AvSource::open(both(), {.realtime = false}), 25);
}

TEST_F(AvSourceTest, AFrameThatWasRefusedComesAgain) {
  const string file = both();
  AvSource source = AvSource::open(file, {.realtime = false});
  const auto sink = std::make_shared<RecordingSink>();
  bool refused = false;
  sink->accept = [&](std::size_t kept) { return kept != 7 || std::exchange(refused, true); };
  const auto video = source.video();
  video->start(sink);
  ASSERT_TRUE(sink->waitForFrames(7));
  while (!sink->end()) video->resume();
  EXPECT_TRUE(refused);
  EXPECT_EQ(withoutConfig(sink->frames()).size(), 25U);
}

TEST_F(AvSourceTest, StopEndsTheWaiting) {
  AvSource source = AvSource::open(both(), {.realtime = false});
  const auto sink = std::make_shared<RecordingSink>();
  sink->fullFrom(3);
  auto video = source.video();
  video->start(sink);
  ASSERT_TRUE(sink->waitUntilRefused());
  video->stop();
  video.reset();
  EXPECT_EQ(sink->frames().size(), 3U);
}

TEST_F(AvSourceTest, StopEndsThePacing) {
  AvSource source =
      AvSource::open(clip("slow.mp4", "-f lavfi -i testsrc2=size=160x90:rate=1/3600:duration=7200 " + x264));
  const auto sink = std::make_shared<RecordingSink>();
  auto video = source.video();
  video->start(sink);
  ASSERT_TRUE(sink->waitForFrames(2));
  video->stop();
}

// ---- loop and duration ----

// Both passes have the same packets, one length apart.
void expectTwoPasses(const std::vector<EncodedFrame>& frames) {
  ASSERT_GT(frames.size(), 4U);
  ASSERT_EQ(frames.size() % 2, 0U);
  const std::size_t half = frames.size() / 2;
  const auto length = frames[half].dts - frames[0].dts;
  EXPECT_GE(length, 900ms);
  EXPECT_LE(length, 1200ms);
  for (std::size_t i = 0; i < half; ++i) {
    EXPECT_EQ(*frames[i].data, *frames[half + i].data) << i;
    EXPECT_EQ(frames[half + i].dts - frames[i].dts, length) << i;
    EXPECT_EQ(frames[half + i].pts - frames[i].pts, length) << i;
  }
  expectGrowingTimes(frames);
}

/// Takes frames until the third pass begins.
std::vector<EncodedFrame> twoPasses(AvSource& source, bool video, std::size_t frames_of_pass) {
  const auto sink = std::make_shared<RecordingSink>();
  const std::shared_ptr<MediaSource> track =
      video ? std::shared_ptr<MediaSource>(source.video()) : std::shared_ptr<MediaSource>(source.audio());
  track->start(sink);
  EXPECT_TRUE(sink->waitForFrames(3 * frames_of_pass + 3));
  track->stop();
  std::vector<EncodedFrame> frames = withoutConfig(normalized(sink->frames()));
  frames.resize(2 * frames_of_pass);
  return frames;
}

TEST_F(AvSourceTest, LoopGoesOnWithItsTimestamps) {
  for (const char* name : {"clip.mp4", "clip.mkv", "clip.ts", "clip.flv", "clip.h264"}) {
    SCOPED_TRACE(name);
    AvSource source = AvSource::open(clip(name, picture + x264), {.realtime = false, .loop = true});
    expectTwoPasses(twoPasses(source, true, 25));
  }
}

TEST_F(AvSourceTest, LoopOfAudio) {
  for (const string name : {"clip.mp3", "clip.aac", "clip.flac"}) {
    SCOPED_TRACE(name);
    const string file = clip(name, tone);
    const std::size_t count = withoutConfig(normalized(play(file).audio)).size();
    AvSource source = AvSource::open(file, {.realtime = false, .loop = true});
    expectTwoPasses(twoPasses(source, false, count));
  }
}

TEST_F(AvSourceTest, LoopKeepsTheTracksTogether) {
  const string file =
      clip("clip.mp4", picture + "-f lavfi -i sine=sample_rate=48000:duration=2 " + x264 + "-c:a aac");
  const Played played = play(file, {.realtime = false, .loop = true, .duration = 5s});
  const auto second_pass = [](const std::vector<EncodedFrame>& frames, std::size_t frames_of_pass) {
    const std::vector<EncodedFrame> all = withoutConfig(normalized(frames));
    return all.at(frames_of_pass).dts - all.at(0).dts;
  };
  const std::size_t audio_frames = withoutConfig(play(file).audio).size();
  EXPECT_EQ(second_pass(played.video, 25), second_pass(played.audio, audio_frames));
  EXPECT_GE(second_pass(played.video, 25), 2s);
}

TEST_F(AvSourceTest, DurationEndsBothTracks) {
  const string file = both();
  const Played played = play(file, {.realtime = false, .duration = 400ms});
  EXPECT_EQ(played.error, "");
  EXPECT_EQ(withoutConfig(played.video).size(), 10U);
  EXPECT_NEAR(static_cast<double>(withoutConfig(played.audio).size()), 0.4 * 48000 / 1024, 4.5);
}

TEST_F(AvSourceTest, DurationOfALoop) {
  const Played played = play(both(), {.realtime = false, .loop = true, .duration = 3s});
  EXPECT_EQ(played.error, "");
  const std::vector<EncodedFrame> video = withoutConfig(normalized(played.video));
  EXPECT_NEAR(static_cast<double>(video.size()), 75, 3);
  EXPECT_LT(video.back().dts - video.front().dts, 3s);
}

TEST_F(AvSourceTest, ATruncatedFileEndsWithWhatThereIs) {
  const string whole = clip("clip.flv", picture + tone + x264 + "-c:a aac");
  rtmp::Bytes content = contentOf(whole);
  content.resize(content.size() / 2);
  const Played played = play(file("cut.flv", content));
  EXPECT_GT(played.video.size(), 5U);
}

// ---- configuration that changes ----

TEST_F(AvSourceTest, NewExtradataBecomesAConfigFrame) {
  const string small = clip("small.flv", picture + x264);
  const string large = clip("large.flv", "-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 " + x264);
  rtmp::Bytes joined = rtmp::flvHeader(false, true);
  std::uint32_t offset = 0;
  for (const string& part : {small, large}) {
    rtmp::FlvReader reader{rtmp::Limits{}};
    reader.append(contentOf(part));
    while (const auto tag = reader.next())
      if (tag->type == 9) rtmp::appendFlvTag({9, tag->timestamp + offset, tag->body}, joined);
    offset += 1000;
  }
  const std::vector<EncodedFrame> sent = normalized(play(file("joined.flv", joined)).video);
  std::vector<std::size_t> configs;
  for (std::size_t i = 0; i < sent.size(); ++i)
    if (sent[i].kind == FrameKind::config) configs.push_back(i);
  EXPECT_EQ(configs, (std::vector<std::size_t>{0, 26}));
  EXPECT_EQ(sent.size(), 52U);
  EXPECT_EQ(sent[27].kind, FrameKind::key);
}

}  // namespace
}  // namespace multiconn
