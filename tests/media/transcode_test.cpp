// Files in codecs RTMP cannot carry, decoded and encoded anew: what comes out is judged by decoding it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "media/clips.hpp"
#include "media/decoded.hpp"
#include "media/played.hpp"

namespace multiconn {
namespace {

using namespace std::chrono_literals;
using namespace media::test;
using std::string;
using std::chrono::microseconds;
using testing::HasSubstr;

const string stereo_tone =
    "-f lavfi -i sine=frequency=440:sample_rate=44100:duration=1,aformat=channel_layouts=stereo ";
const string mpeg2 = "-c:v mpeg2video -b:v 2M -g 12 -bf 2 -c:a mp2 -b:a 192k ";

class TranscodeTest : public ClipTest {
 protected:
  static AvSourceOptions needed() { return {.realtime = false, .transcode = Transcode::needed}; }
};

void expectSaneTimes(const std::vector<EncodedFrame>& frames) {
  expectGrowingTimes(frames);
  for (const EncodedFrame& frame : frames) EXPECT_GE(frame.pts, frame.dts);
}

void expectOneConfig(const std::vector<EncodedFrame>& frames) {
  ASSERT_FALSE(frames.empty());
  EXPECT_EQ(frames.front().kind, FrameKind::config);
  EXPECT_EQ(withoutConfig(frames).size(), frames.size() - 1);
}

void expectSamePictures(const std::vector<Picture>& expected, const std::vector<Picture>& actual) {
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) {
    EXPECT_GT(psnr(expected[i], actual[i]), 30) << i;
    const auto moved = (actual[i].pts - actual[0].pts) - (expected[i].pts - expected[0].pts);
    EXPECT_LE(std::chrono::abs(moved), 1ms) << i;
  }
}

TEST_F(TranscodeTest, Mpeg2AndMp2BecomeH264AndAac) {
  const string file = clip("a.ts", picture + stereo_tone + mpeg2);
  const Played played = play(file, needed());
  EXPECT_EQ(played.error, "");
  expectOneConfig(played.video);
  expectOneConfig(played.audio);
  const std::vector<EncodedFrame> video = withoutConfig(played.video);
  const std::vector<EncodedFrame> audio = withoutConfig(played.audio);
  EXPECT_EQ(video.size(), 25U);
  expectSaneTimes(video);
  expectSaneTimes(audio);
  EXPECT_EQ(video.front().kind, FrameKind::key);
  EXPECT_EQ(video.front().codec, Codec::h264);
  EXPECT_EQ(audio.front().codec, Codec::aac);
  expectSamePictures(picturesOf(file), decodedPictures(played.video));
  const Sound sound = decodedSound(played.audio);
  EXPECT_EQ(sound.sample_rate, 44100);
  EXPECT_EQ(sound.channels, 2);
  EXPECT_NEAR(frequency(sound, 0.1, 0.9), 440, 0.5);
}

TEST_F(TranscodeTest, NoFrameAndNoSampleIsLost) {
  const string file = clip("a.mkv", picture + tone + "-c:v mpeg2video -q:v 2 -bf 2 -c:a pcm_s16le");
  const Played played = play(file, needed());
  EXPECT_EQ(withoutConfig(played.video).size(), 25U);
  // One frame of priming, then a second: 46.875 frames.
  EXPECT_EQ(withoutConfig(played.audio).size(), 48U);
  EXPECT_GE(decodedSound(played.audio).samples.size(), 1024U + 48000U);
}

TEST_F(TranscodeTest, TracksStayTogether) {
  // Half a second of black and silence, then white and a tone.
  const string file = clip("a.mkv",
                           "-f lavfi -i \"color=black:size=160x90:rate=50:duration=1,"
                           "drawbox=c=white:t=fill:enable='gte(t,0.5)'\" "
                           "-f lavfi -i \"aevalsrc='if(gte(t,0.5),sin(2*PI*1000*t),0)':s=48000:d=1\" "
                           "-c:v mpeg2video -q:v 2 -bf 2 -c:a pcm_s16le");
  const Played played = play(file, needed());
  const std::vector<Picture> pictures = decodedPictures(played.video);
  const auto white =
      std::find_if(pictures.begin(), pictures.end(), [](const Picture& each) { return each.mean() > 128; });
  ASSERT_NE(white, pictures.end());
  const Sound sound = decodedSound(played.audio);
  const auto loud = std::find_if(sound.samples.begin(), sound.samples.end(),
                                 [](float each) { return std::abs(each) > 0.5; });
  ASSERT_NE(loud, sound.samples.end());
  const double heard = static_cast<double>(sound.pts.count()) / 1e6 +
                       sound.seconds(static_cast<std::size_t>(loud - sound.samples.begin()));
  EXPECT_NEAR(heard, static_cast<double>(white->pts.count()) / 1e6, 0.002);
}

TEST_F(TranscodeTest, OnlyTheTrackThatNeedsIt) {
  const string file = clip("a.mkv", picture + tone + x264 + "-c:a libvorbis");
  const string plain = clip("b.mkv", "-i '" + file + "' -c copy -an");
  const Played played = play(file, needed());
  expectSamePackets(plain, {played.video, {}, played.error});
  EXPECT_NEAR(frequency(decodedSound(played.audio), 0.1, 0.9), 440, 0.5);
}

TEST_F(TranscodeTest, AlwaysTakesAllTracks) {
  const string file = clip("a.mp4", picture + tone + x264 + "-c:a aac");
  AvSourceOptions options = needed();
  const Played copied = play(file, options);
  options.transcode = Transcode::always;
  options.encode = {.width = 320, .height = 180, .sample_rate = 32000, .channels = 2};
  const Played encoded = play(file, options);
  EXPECT_EQ(encoded.error, "");
  EXPECT_EQ(withoutConfig(encoded.video).size(), 25U);
  EXPECT_EQ(decodedPictures(encoded.video).front().width, 320);
  EXPECT_EQ(decodedPictures(copied.video).front().width, 160);
  const Sound sound = decodedSound(encoded.audio);
  EXPECT_EQ(sound.sample_rate, 32000);
  EXPECT_NEAR(frequency(sound, 0.1, 0.9), 440, 0.5);
}

TEST_F(TranscodeTest, SoundOfEveryKind) {
  for (const auto& [name, codec] :
       std::vector<std::pair<string, string>>{{"a.wav", "-c:a pcm_s16le"},
                                              {"b.wav", "-c:a pcm_f32le -ar 96000 -ac 6"},
                                              {"c.wav", "-c:a pcm_u8 -ar 8000"},
                                              {"a.ogg", "-c:a libvorbis"},
                                              {"a.aiff", "-c:a pcm_s24be -ar 44100"},
                                              {"a.mp2", "-c:a mp2"}}) {
    SCOPED_TRACE(name);
    const Played played = play(clip(name, tone + codec), needed());
    EXPECT_EQ(played.error, "");
    const Sound sound = decodedSound(played.audio);
    EXPECT_NEAR(frequency(sound, 0.1, 0.9), 440, 1);
    EXPECT_NEAR(sound.seconds(sound.samples.size()), 1, 0.1);
    EXPECT_LE(sound.channels, 2);
  }
}

TEST_F(TranscodeTest, PicturesOfEveryKind) {
  for (const auto& [name, codec] :
       std::vector<std::pair<string, string>>{{"a.mov", "-c:v prores_ks -pix_fmt yuv422p10le"},
                                              {"a.avi", "-c:v mpeg4 -q:v 2 -bf 2"},
                                              {"a.mkv", "-c:v mjpeg -q:v 2"},
                                              {"b.mkv", "-c:v ffv1 -pix_fmt bgr0"},
                                              {"c.mkv", "-c:v png -pix_fmt rgba"},
                                              {"d.avi", "-c:v rawvideo -pix_fmt yuyv422"}}) {
    SCOPED_TRACE(name);
    const string file = clip(name, picture + codec);
    const string plain = clip("plain-" + name + ".mkv", "-i '" + file + "' -c:v rawvideo -pix_fmt yuv420p");
    const Played played = play(file, needed());
    EXPECT_EQ(played.error, "");
    expectSamePictures(picturesOf(plain), decodedPictures(played.video));
  }
}

TEST_F(TranscodeTest, SizesThatAreOddBecomeEven) {
  const string file = clip("a.mkv", "-f lavfi -i testsrc2=size=161x91:rate=25:duration=0.2 -c:v ffv1");
  const std::vector<Picture> pictures = decodedPictures(play(file, needed()).video);
  ASSERT_EQ(pictures.size(), 5U);
  EXPECT_EQ(pictures[0].width, 160);
  EXPECT_EQ(pictures[0].height, 90);
}

TEST_F(TranscodeTest, KeyframesComeByTime) {
  const string file =
      clip("a.mkv", "-f lavfi -i testsrc2=size=160x90:rate=25:duration=3 -c:v mpeg2video -q:v 2");
  AvSourceOptions options = needed();
  options.encode.keyframe_interval = 400ms;
  const std::vector<EncodedFrame> video = withoutConfig(play(file, options).video);
  ASSERT_EQ(video.size(), 75U);
  for (std::size_t i = 0; i < video.size(); ++i) EXPECT_EQ(video[i].kind == FrameKind::key, i % 10 == 0) << i;
}

TEST_F(TranscodeTest, OptionsAreThoseOfTheProperties) {
  const string file = clip("a.mkv", picture + tone + "-c:v mpeg2video -c:a pcm_s16le");
  AvSourceOptions options = needed();
  options.encode = {.width = 64,
                    .height = 48,
                    .frame_rate = 5,
                    .video_bitrate = 123000,
                    .audio_bitrate = 96000,
                    .sample_rate = 44100,
                    .channels = 2};
  AvSource source = AvSource::open(file, options);
  const AmfObject video = source.video()->properties();
  EXPECT_EQ(video.numberOr("width", 0), 64);
  EXPECT_EQ(video.numberOr("height", 0), 48);
  EXPECT_EQ(video.numberOr("framerate", 0), 5);
  EXPECT_EQ(video.numberOr("videocodecid", 0), 7);
  EXPECT_EQ(video.numberOr("videodatarate", 0), 123);
  EXPECT_NEAR(video.numberOr("duration", 0), 1, 0.1);
  const AmfObject audio = source.audio()->properties();
  EXPECT_EQ(audio.numberOr("audiosamplerate", 0), 44100);
  EXPECT_EQ(audio.numberOr("audiochannels", 0), 2);
  EXPECT_EQ(audio.numberOr("audiocodecid", 0), 10);
  EXPECT_EQ(audio.numberOr("audiodatarate", 0), 96);
  const Played played = play(source);
  const std::vector<EncodedFrame> frames = withoutConfig(played.video);
  ASSERT_EQ(frames.size(), 5U);
  for (std::size_t i = 1; i < frames.size(); ++i) EXPECT_EQ(frames[i].dts - frames[i - 1].dts, 200ms);
}

TEST_F(TranscodeTest, BFramesWhenLatencyDoesNotMatter) {
  const string file =
      clip("a.mkv", "-f lavfi -i testsrc2=size=160x90:rate=25:duration=2 -c:v mpeg2video -q:v 2");
  AvSourceOptions options = needed();
  const std::vector<EncodedFrame> prompt = withoutConfig(play(file, options).video);
  EXPECT_TRUE(std::all_of(prompt.begin(), prompt.end(),
                          [](const EncodedFrame& frame) { return frame.dts == frame.pts; }));
  options.encode.low_latency = false;
  const Played played = play(file, options);
  const std::vector<EncodedFrame> reordered = withoutConfig(played.video);
  EXPECT_EQ(reordered.size(), 50U);
  expectSaneTimes(reordered);
  EXPECT_TRUE(std::any_of(reordered.begin(), reordered.end(),
                          [](const EncodedFrame& frame) { return frame.kind == FrameKind::disposable; }));
  expectSamePictures(picturesOf(file), decodedPictures(played.video));
}

TEST_F(TranscodeTest, LoopGoesOnWithoutAHole) {
  const string file = clip("a.mkv", picture + tone + "-c:v mpeg2video -q:v 2 -bf 2 -c:a pcm_s16le");
  AvSourceOptions options = needed();
  options.loop = true;
  options.duration = 3s;
  const Played played = play(file, options);
  EXPECT_EQ(played.error, "");
  const std::vector<EncodedFrame> video = withoutConfig(played.video);
  EXPECT_NEAR(static_cast<double>(video.size()), 75, 3);
  expectSaneTimes(video);
  expectOneConfig(played.video);
  const std::vector<EncodedFrame> audio = withoutConfig(played.audio);
  expectOneConfig(played.audio);
  for (std::size_t i = 1; i < audio.size(); ++i)
    EXPECT_NEAR(static_cast<double>((audio[i].dts - audio[i - 1].dts).count()), 1024e6 / 48000, 2) << i;
  const Sound sound = decodedSound(played.audio);
  EXPECT_NEAR(sound.seconds(sound.samples.size()), 3, 0.1);
  EXPECT_NEAR(frequency(sound, 1.2, 1.8), 440, 0.5);
  EXPECT_NEAR(frequency(sound, 2.3, 2.8), 440, 0.5);
}

TEST_F(TranscodeTest, DurationEndsBothTracksAlike) {
  const string file =
      clip("a.mkv",
           "-f lavfi -i testsrc2=size=160x90:rate=25:duration=3 "
           "-f lavfi -i sine=sample_rate=48000:duration=3 -c:v mpeg2video -bf 0 -c:a pcm_s16le");
  AvSourceOptions options = needed();
  options.duration = 1s;
  const Played played = play(file, options);
  EXPECT_EQ(withoutConfig(played.video).size(), 25U);
  const Sound sound = decodedSound(played.audio);
  EXPECT_NEAR(sound.seconds(sound.samples.size()), 1, 0.08);
}

TEST_F(TranscodeTest, AGapInTheSoundStaysOne) {
  const string one = clip("one.ts", "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=0.5 -c:a mp2");
  const string two = clip("two.ts",
                          "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=0.5 -c:a mp2 "
                          "-output_ts_offset 4");
  const Played played = play(file("joined.ts", joinedContents({one, two})), needed());
  const std::vector<EncodedFrame> audio = withoutConfig(played.audio);
  expectSaneTimes(audio);
  EXPECT_NEAR(static_cast<double>((audio.back().dts - audio.front().dts).count()) / 1e6, 4.5, 0.1);
  EXPECT_LT(audio.size(), 60U) << "the gap is not filled";
}

TEST_F(TranscodeTest, AShortGapInTheSoundIsFilled) {
  const string half = "-f lavfi -i sine=frequency=440:sample_rate=48000:duration=0.5 -c:a mp2 ";
  const string one = clip("one.ts", half), two = clip("two.ts", half + "-output_ts_offset 0.8");
  const Sound sound = decodedSound(play(file("joined.ts", joinedContents({one, two})), needed()).audio);
  EXPECT_NEAR(sound.seconds(sound.samples.size()), 1.3, 0.1);
  EXPECT_NEAR(frequency(sound, 0.1, 0.4), 440, 1);
  EXPECT_NEAR(frequency(sound, 1.0, 1.2), 440, 1);
  EXPECT_LT(std::abs(sound.samples[static_cast<std::size_t>(0.7 * sound.sample_rate)]), 0.01);
}

TEST_F(TranscodeTest, TheSizeMayChangeInTheMiddle) {
  const string small = clip("small.ts", picture + "-c:v mpeg2video -q:v 2");
  const string large = clip("large.ts",
                            "-f lavfi -i testsrc2=size=320x180:rate=25:duration=1 -c:v mpeg2video -q:v 2 "
                            "-output_ts_offset 1");
  const Played played = play(file("joined.ts", joinedContents({small, large})), needed());
  EXPECT_EQ(played.error, "");
  expectOneConfig(played.video);
  const std::vector<Picture> pictures = decodedPictures(played.video);
  ASSERT_GE(pictures.size(), 49U);
  EXPECT_EQ(pictures.back().width, 160);
}

TEST_F(TranscodeTest, PacedDeliversTheSame) {
  const string file = clip("a.mkv", picture + tone + "-c:v mpeg2video -bf 2 -c:a pcm_s16le");
  AvSourceOptions options = needed();
  options.realtime = true;
  const Played played = play(file, options);
  EXPECT_EQ(withoutConfig(played.video).size(), 25U);
  EXPECT_EQ(withoutConfig(played.audio).size(), 48U);
}

TEST_F(TranscodeTest, StopInTheMiddle) {
  const string file = clip("a.mkv", picture + "-c:v mpeg2video");
  AvSourceOptions options = needed();
  options.loop = true;
  AvSource source = AvSource::open(file, options);
  const auto sink = std::make_shared<RecordingSink>();
  auto video = source.video();
  video->start(sink);
  ASSERT_TRUE(sink->waitForFrames(40));
  video->stop();
  const std::size_t count = sink->frames().size();
  video.reset();
  EXPECT_EQ(sink->frames().size(), count);
}

TEST_F(TranscodeTest, WaitsWhileTheSinkIsFull) {
  const string file = clip("a.mkv", picture + "-c:v mpeg2video");
  expectToWaitWhileFull(AvSource::open(file, needed()), 25);
}

TEST_F(TranscodeTest, DamageIsSurvived) {
  rtmp::Bytes content = contentOf(clip("a.ts", picture + stereo_tone + mpeg2));
  for (std::size_t i = 20'000; i < content.size(); i += 997) content[i] ^= std::byte{0x55};
  const Played played = play(file("damaged.ts", content), needed());
  EXPECT_EQ(played.error, "");
  EXPECT_GT(played.video.size(), 5U);
}

TEST_F(TranscodeTest, BadOptionsAreRefused) {
  const string file = clip("a.mkv", picture + "-c:v mpeg2video");
  const auto errorOf = [&](const EncodeOptions& encode) -> string {
    AvSourceOptions options = needed();
    options.encode = encode;
    try {
      AvSource::open(file, options);
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_THAT(errorOf({.width = 320}), HasSubstr("two even sides"));
  EXPECT_THAT(errorOf({.width = 321, .height = 180}), HasSubstr("two even sides"));
  EXPECT_THAT(errorOf({.width = -2, .height = 180}), HasSubstr("two even sides"));
  EXPECT_THAT(errorOf({.frame_rate = -1}), HasSubstr("frame rate"));
  EXPECT_THAT(errorOf({.frame_rate = std::nan("")}), HasSubstr("frame rate"));
  EXPECT_THAT(errorOf({.video_bitrate = 1}), HasSubstr("video bitrate"));
  EXPECT_THAT(errorOf({.keyframe_interval = 0ms}), HasSubstr("keyframe interval"));
  EXPECT_THAT(errorOf({.audio_bitrate = -5}), HasSubstr("audio bitrate"));
  EXPECT_THAT(errorOf({.sample_rate = 12345}), HasSubstr("12345"));
  EXPECT_THAT(errorOf({.channels = 3}), HasSubstr("channels"));
}

}  // namespace
}  // namespace multiconn
