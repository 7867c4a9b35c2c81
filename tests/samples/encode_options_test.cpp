// The options about capturing and encoding.
#include <gmock/gmock.h>

#include <sstream>

#include "publish/device_table.hpp"
#include "samples/parsed_options.hpp"

namespace publish {
namespace {

using namespace std::chrono_literals;
using multiconn::Transcode;
using testing::AllOf;
using testing::HasSubstr;

const std::string destination = "rtmp://one/live/a";

TEST(EncodeOptions, ACaptureIsWhatFollowsThePrefix) {
  EXPECT_FALSE(parsed({"film.mp4", destination}).capture_devices);
  EXPECT_FALSE(parsed({"./capture:x", destination}).capture_devices);
  EXPECT_EQ(parsed({"capture:", destination}).capture_devices, "");
  EXPECT_EQ(parsed({"capture:v4l2:/dev/video0+alsa:default", destination}).capture_devices,
            "v4l2:/dev/video0+alsa:default");
  EXPECT_EQ(parsed({"capture:", destination, "--duration", "5s"}).capture.duration, 5s);
}

TEST(EncodeOptions, EveryOptionArrives) {
  const auto options = parsed({"capture:",
                               destination,
                               "--video-size",
                               "640x360",
                               "--frame-rate",
                               "30000/1001",
                               "--video-bitrate",
                               "2.5M",
                               "--keyframe-interval",
                               "1.5",
                               "--audio-bitrate",
                               "96k",
                               "--sample-rate",
                               "44100",
                               "--channels",
                               "1",
                               "--no-low-latency",
                               "--device-option",
                               "input_format=mjpeg",
                               "--device-option",
                               "a=b=c"});
  const auto& encode = options.capture.encode;
  EXPECT_EQ(encode.width, 640);
  EXPECT_EQ(encode.height, 360);
  EXPECT_NEAR(encode.frame_rate, 29.97, 0.001);
  EXPECT_EQ(encode.video_bitrate, 2'500'000);
  EXPECT_EQ(encode.keyframe_interval, 1500ms);
  EXPECT_EQ(encode.audio_bitrate, 96'000);
  EXPECT_EQ(encode.sample_rate, 44100);
  EXPECT_EQ(encode.channels, 1);
  EXPECT_FALSE(encode.low_latency);
  EXPECT_EQ(options.capture.device_options.at("input_format"), "mjpeg");
  EXPECT_EQ(options.capture.device_options.at("a"), "b=c");
}

TEST(EncodeOptions, DefaultsAreTheLibrarys) {
  const auto encode = parsed({"capture:", destination}).capture.encode;
  EXPECT_EQ(encode.width, 0);
  EXPECT_EQ(encode.video_bitrate, 0);
  EXPECT_EQ(encode.keyframe_interval, 2s);
  EXPECT_TRUE(encode.low_latency);
}

TEST(EncodeOptions, TranscodeIsOffNeededOrAlways) {
  EXPECT_EQ(parsed({"film.mp4", destination}).source.transcode, Transcode::never);
  const auto needed = parsed({"--transcode", "film.mp4", destination, "--video-bitrate", "800000"});
  EXPECT_EQ(needed.source.transcode, Transcode::needed);
  EXPECT_EQ(needed.input, "film.mp4");
  EXPECT_EQ(needed.source.encode.video_bitrate, 800'000);
  EXPECT_EQ(parsed({"--transcode=always", "film.mp4", destination}).source.transcode, Transcode::always);
  EXPECT_THAT(errorOf({"--transcode=canary", "film.mp4", destination}),
              AllOf(HasSubstr("--transcode"), testing::Not(HasSubstr("canary"))));
}

TEST(EncodeOptions, WhatWouldBeIgnoredIsRefused) {
  EXPECT_THAT(errorOf({"film.mp4", destination, "--video-size", "640x360"}),
              AllOf(HasSubstr("--video-size"), HasSubstr("--transcode")));
  EXPECT_THAT(errorOf({"film.mp4", destination, "--no-low-latency"}), HasSubstr("--low-latency"));
  EXPECT_THAT(errorOf({"film.mp4", destination, "--device-option", "a=b"}), HasSubstr("--device-option"));
  EXPECT_THAT(errorOf({"capture:", destination, "--no-realtime"}), HasSubstr("--no-realtime is for files"));
  EXPECT_THAT(errorOf({"capture:", destination, "--loop"}), HasSubstr("--loop is for files"));
  EXPECT_THAT(errorOf({"capture:", destination, "--transcode"}), HasSubstr("--transcode is for files"));
}

TEST(EncodeOptions, BadValuesNameTheirOption) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong{
      {"--video-size", {"640", "640x", "x360", "640x361", "0x0", "640x360x2", "99999x99998", "canary"}},
      {"--frame-rate", {"0", "-1", "nan", "inf", "30/0", "1000", "30/", "canary"}},
      {"--video-bitrate", {"0", "1", "-5M", "5G", "nan", "canary"}},
      {"--audio-bitrate", {"0", "5Q", "canary"}},
      {"--keyframe-interval", {"0", "soon", "canary"}},
      {"--channels", {"0", "3", "canary"}},
      {"--sample-rate", {"high"}},
      {"--device-option", {"=x", "canary"}}};
  for (const auto& [option, values] : wrong) {
    for (const auto& value : values)
      EXPECT_THAT(errorOf({"capture:", destination, option + '=' + value}), HasSubstr(option)) << value;
  }
}

TEST(EncodeOptions, ListDevicesNeedsNothingElse) {
  EXPECT_TRUE(parsed({"--list-devices"}).list_devices);
  EXPECT_FALSE(parsed({"film.mp4", destination}).list_devices);
}

TEST(EncodeOptions, HelpTellsOfThem) {
  const auto help = parse({"--help"});
  for (const auto* option : {"--transcode", "--video-size", "--frame-rate", "--video-bitrate",
                             "--keyframe-interval", "--audio-bitrate", "--sample-rate", "--channels",
                             "--low-latency", "--device-option", "--list-devices", "capture:FORMAT:NAME"})
    EXPECT_THAT(help.out, HasSubstr(option));
}

TEST(DeviceTable, EachDeviceIsAnInput) {
  std::ostringstream out;
  printDevices({{"v4l2", "/dev/video0", "Camera", false, true}, {"alsa", "default", "", true, false}},
               {{"alsa", "ALSA audio input"}, {"v4l2", "Video4Linux2 device grab"}}, out);
  EXPECT_THAT(out.str(), HasSubstr("capture:v4l2:/dev/video0  picture  Camera\n"));
  EXPECT_THAT(out.str(), HasSubstr("capture:alsa:default      sound"));
  EXPECT_THAT(out.str(), HasSubstr("  v4l2          Video4Linux2 device grab\n"));
}

}  // namespace
}  // namespace publish
