// Devices are played by lavfi, which is paced as a camera is.
#include <multiconn/capture.hpp>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <future>

#include "media/clips.hpp"
#include "media/decoded.hpp"
#include "media/played.hpp"
#include "support/own_namespace.hpp"

namespace multiconn {
namespace {

using namespace std::chrono_literals;
using namespace media::test;
using std::string;
using testing::AllOf;
using testing::HasSubstr;

const string camera = "lavfi:testsrc2=size=160x90:rate=25";
const string microphone = "lavfi:sine=frequency=440:sample_rate=48000";

class CaptureTest : public ClipTest {
 protected:
  /// A FIFO that an option of a filter can name.
  string fifo() const {
    const string name = path("fifo");
    EXPECT_EQ(mkfifo(name.c_str(), 0600), 0);
    return name;
  }
};

Played record(const string& devices, CaptureOptions options = {}) {
  CaptureSource source = CaptureSource::open(devices, std::move(options));
  return play(source.video(), source.audio());
}

string errorOf(const string& devices, CaptureOptions options = {}) {
  try {
    CaptureSource::open(devices, std::move(options));
  } catch (const std::exception& error) {
    EXPECT_THAT(error.what(), testing::Not(HasSubstr("\n")));
    return error.what();
  }
  return "no error";
}

TEST_F(CaptureTest, CameraAndMicrophoneOfOneSecond) {
  const Played played = record(camera + '+' + microphone, {.duration = 1s});
  EXPECT_EQ(played.error, "");
  const std::vector<EncodedFrame> video = withoutConfig(played.video);
  ASSERT_EQ(video.size(), 25U);
  for (std::size_t i = 0; i < video.size(); ++i) {
    EXPECT_EQ(video[i].pts, i * 40ms);
    EXPECT_EQ(video[i].dts, video[i].pts);
  }
  const std::vector<EncodedFrame> audio = withoutConfig(played.audio);
  expectGrowingTimes(audio);
  const Sound sound = decodedSound(played.audio);
  EXPECT_NEAR(frequency(sound, 0.1, 0.9), 440, 0.5);
  // Behind the encoder's priming, the sound begins with the picture and ends with it.
  EXPECT_NEAR(static_cast<double>(sound.pts.count()) / 1e6, -1024.0 / 48000, 1e-4);
  EXPECT_NEAR(sound.seconds(sound.samples.size() - 1024), 1, 0.04);
}

TEST_F(CaptureTest, ThePictureIsTheCameras) {
  const string reference =
      clip("reference.mkv",
           "-f lavfi -i testsrc2=size=160x90:rate=25:duration=0.4 -c:v rawvideo -pix_fmt yuv420p");
  const std::vector<Picture> expected = picturesOf(reference);
  const std::vector<Picture> actual = decodedPictures(record(camera, {.duration = 400ms}).video);
  ASSERT_EQ(actual.size(), expected.size());
  for (std::size_t i = 0; i < actual.size(); ++i) EXPECT_GT(psnr(expected[i], actual[i]), 30) << i;
}

TEST_F(CaptureTest, OneDeviceMayDeliverBoth) {
  const string graph =
      "lavfi:testsrc2=size=160x90:rate=25:duration=0.4[out0];sine=sample_rate=44100:duration=0.4[out1]";
  const Played played = record(graph);
  EXPECT_EQ(played.error, "");
  EXPECT_EQ(withoutConfig(played.video).size(), 10U);
  const Sound sound = decodedSound(played.audio);
  EXPECT_EQ(sound.sample_rate, 44100);
  EXPECT_GE(sound.samples.size(), 1024U + 17640U);
}

TEST_F(CaptureTest, ADeviceThatEndsEndsItsTrack) {
  const Played played = record(camera + ":duration=0.2+" + microphone + ":duration=0.4");
  EXPECT_EQ(played.error, "");
  EXPECT_EQ(withoutConfig(played.video).size(), 5U);
  EXPECT_GE(decodedSound(played.audio).samples.size(), 1024U + 19200U);
}

TEST_F(CaptureTest, OptionsReachTheEncoder) {
  CaptureOptions options{.duration = 1s};
  options.encode = {.width = 64, .height = 48, .frame_rate = 5, .video_bitrate = 100'000, .channels = 2};
  options.encode.keyframe_interval = 400ms;
  CaptureSource source = CaptureSource::open(camera + '+' + microphone, options);
  const AmfObject properties = source.video()->properties();
  EXPECT_EQ(properties.numberOr("width", 0), 64);
  EXPECT_EQ(properties.numberOr("height", 0), 48);
  EXPECT_EQ(properties.numberOr("framerate", 0), 5);
  EXPECT_EQ(properties.numberOr("videodatarate", 0), 100);
  EXPECT_EQ(source.audio()->properties().numberOr("audiochannels", 0), 2);
  EXPECT_TRUE(source.video()->live());
  const std::vector<EncodedFrame> video = withoutConfig(play(source.video(), source.audio()).video);
  ASSERT_EQ(video.size(), 5U);
  for (std::size_t i = 0; i < video.size(); ++i) EXPECT_EQ(video[i].kind == FrameKind::key, i % 2 == 0) << i;
}

TEST_F(CaptureTest, NoTrackOfAKindThatNoDeviceHas) {
  CaptureSource source = CaptureSource::open("lavfi:testsrc2=rate=30000/1001");
  EXPECT_NEAR(source.video()->properties().numberOr("framerate", 0), 29.97, 0.01);
  EXPECT_EQ(source.audio(), nullptr);
  EXPECT_NE(source.video(), nullptr);
}

TEST_F(CaptureTest, FramesFlowOnceEveryTrackTakenHasBeenStarted) {
  CaptureSource source = CaptureSource::open(camera + '+' + microphone, {.duration = 200ms});
  const auto audio_sink = std::make_shared<RecordingSink>();
  const auto video_sink = std::make_shared<RecordingSink>();
  const auto audio = source.audio();
  const auto video = source.video();
  audio->start(audio_sink);
  EXPECT_TRUE(audio_sink->frames().empty());
  video->start(video_sink);
  EXPECT_TRUE(audio_sink->waitForEnd());
  EXPECT_TRUE(video_sink->waitForEnd());
  EXPECT_EQ(withoutConfig(video_sink->frames()).size(), 5U);
}

TEST_F(CaptureTest, ATrackEndsByItselfAndMayBeginAgain) {
  CaptureSource source = CaptureSource::open(camera + '+' + microphone);
  const auto audio_sink = std::make_shared<RecordingSink>();
  const auto first = std::make_shared<RecordingSink>();
  const auto second = std::make_shared<RecordingSink>();
  const auto audio = source.audio();
  const auto video = source.video();
  audio->start(audio_sink);
  video->start(first);
  ASSERT_TRUE(first->waitForFrames(5));
  video->stop();
  const std::vector<EncodedFrame> before = first->frames();
  ASSERT_TRUE(audio_sink->waitForFrames(audio_sink->frames().size() + 10)) << "the microphone goes on";
  video->start(second);
  ASSERT_TRUE(second->waitForFrames(5));
  EXPECT_EQ(first->frames().size(), before.size());
  const std::vector<EncodedFrame> after = second->frames();
  EXPECT_EQ(after[0].kind, FrameKind::config);
  EXPECT_EQ(after[1].kind, FrameKind::key);
  EXPECT_GT(after[1].dts, before.back().dts + 40ms) << "time went on meanwhile";
}

TEST_F(CaptureTest, StartAfterTheEndSaysSo) {
  CaptureSource source = CaptureSource::open(camera, {.duration = 80ms});
  EXPECT_EQ(play(source.video(), source.audio()).error, "");
  const auto sink = std::make_shared<RecordingSink>();
  source.video()->start(sink);
  EXPECT_TRUE(sink->waitForEnd());
  EXPECT_THAT(*sink->end(), HasSubstr("open it anew"));
}

TEST_F(CaptureTest, DropsOnItsOwnThread) {
  struct Owner final : FrameSink {
    std::shared_ptr<VideoSource> track;
    std::promise<void> dropped;
    bool write(EncodedFrame) override { return true; }
    bool full() const override { return false; }
    void ended(std::string) override {
      track.reset();
      dropped.set_value();
    }
  };
  const auto owner = std::make_shared<Owner>();
  std::shared_ptr<VideoSource> track = CaptureSource::open(camera, {.duration = 120ms}).video();
  owner->track = track;
  track->start(owner);
  track.reset();
  EXPECT_EQ(owner->dropped.get_future().wait_for(1min), std::future_status::ready);
}

TEST_F(CaptureTest, ADeviceWithAClock) {
  // ALSA's null device, whose timestamps are those of the wall clock; no machine's configuration has a say.
  const string configuration = file("alsa.conf", "pcm.null { type null }\n");
  ASSERT_EQ(setenv("ALSA_CONFIG_PATH", configuration.c_str(), 1), 0);
  const Played played = record("alsa:null", {.duration = 300ms});
  EXPECT_EQ(played.error, "");
  const std::vector<EncodedFrame> audio = withoutConfig(played.audio);
  ASSERT_GE(audio.size(), 2U);
  expectGrowingTimes(audio);
  EXPECT_GE(audio.front().dts, -22ms);
  EXPECT_LE(audio.back().dts, 350ms);
}

// ---- what goes wrong ----

TEST_F(CaptureTest, NoSuchDevice) {
  EXPECT_EQ(
      errorOf("v4l2:/dev/nosuchvideo"),
      "v4l2:/dev/nosuchvideo: there is no such device; multiconn-publish --list-devices shows what there is");
  EXPECT_THAT(errorOf("alsa:nosuchdevice"),
              AllOf(HasSubstr("alsa:nosuchdevice: there is no such device"), HasSubstr("--list-devices")));
  EXPECT_THAT(errorOf("x11grab::77"), HasSubstr("x11grab::77: there is no such device"));
  EXPECT_THAT(errorOf(camera + "+alsa:nosuchdevice"),
              HasSubstr("alsa:nosuchdevice: there is no such device"));
  EXPECT_THAT(errorOf("v4l2:" + file("not-a-device", "x")), HasSubstr("not a capture device"));
}

TEST_F(CaptureTest, NoCamera) {
  if (!test::inOwnNamespace()) return;
  test::hideDevices();
  EXPECT_THAT(errorOf(""), AllOf(HasSubstr("no camera"), HasSubstr("--list-devices")));
}

TEST_F(CaptureTest, GraphsThatAreNone) {
  EXPECT_THAT(errorOf("lavfi:nosuchfilter"), HasSubstr("lavfi:nosuchfilter: FFmpeg does not understand"));
  EXPECT_THAT(errorOf("lavfi:testsrc2=size=0x0"), HasSubstr("does not understand"));
  EXPECT_THAT(errorOf("lavfi:testsrc2=duration=0.0001:rate=1,select=0"), HasSubstr("delivers nothing"));
}

TEST_F(CaptureTest, TwoDevicesForOneTrack) {
  EXPECT_THAT(errorOf(camera + '+' + camera), HasSubstr("one is for the picture, one for the sound"));
}

TEST_F(CaptureTest, BadOptions) {
  CaptureOptions options;
  options.encode.width = 3;
  EXPECT_THAT(errorOf(camera, options), HasSubstr("two even sides"));
}

TEST_F(CaptureTest, ADeviceThatDeliversNothing) {
  // The filter waits in open(2) for somebody who writes.
  const string name = fifo();
  EXPECT_THAT(errorOf("lavfi:movie=" + name, {.open_timeout = 50ms}),
              AllOf(HasSubstr("has delivered nothing"), HasSubstr("--list-devices")));
  // Returns when the filter is there, so that no thread stays behind.
  close(open(name.c_str(), O_WRONLY));
}

TEST_F(CaptureTest, StopReturnsThoughTheDeviceBlocks) {
  const string name = fifo();
  const rtmp::Bytes content = contentOf(clip("clip.ts", picture + "-c:v mpeg2video -g 5"));
  auto writing = std::async(std::launch::async, [&] {
    const int writer = open(name.c_str(), O_WRONLY);
    EXPECT_EQ(write(writer, content.data(), content.size()), static_cast<ssize_t>(content.size()));
    return writer;
  });
  auto source = std::make_unique<CaptureSource>(CaptureSource::open("lavfi:movie=" + name));
  const int writer = writing.get();
  const auto sink = std::make_shared<RecordingSink>();
  auto video = source->video();
  video->start(sink);
  ASSERT_TRUE(sink->waitForFrames(10));
  video->stop();
  video.reset();
  source.reset();
  EXPECT_FALSE(sink->end());
  close(writer);
}

// ---- lists ----

TEST_F(CaptureTest, FormatsAndDevicesAreListed) {
  const std::vector<CaptureFormat> formats = captureFormats();
  for (const char* name : {"alsa", "pulse", "v4l2", "x11grab", "lavfi"})
    EXPECT_EQ(std::count_if(formats.begin(), formats.end(),
                            [&](const CaptureFormat& each) { return each.name == name; }),
              1)
        << name;
  std::vector<CaptureDevice> devices = captureDevices();
  std::erase_if(devices, [](const CaptureDevice& each) { return each.format != "lavfi"; });
  ASSERT_EQ(devices.size(), 2U);
  for (const CaptureDevice& each : devices) {
    CaptureSource source = CaptureSource::open(each.format + ':' + each.name);
    EXPECT_EQ(source.audio() != nullptr, each.audio);
    EXPECT_EQ(source.video() != nullptr, each.video);
  }
}

}  // namespace
}  // namespace multiconn
