// What cameras and microphones are asked for. No machine that builds this needs to have any.
#include "media/device_input.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "media/device_formats.hpp"

extern "C" {
#include <libavutil/opt.h>
}

namespace multiconn::media {
namespace {

using testing::ElementsAre;
using testing::Pair;

CaptureOptions wanted() {
  CaptureOptions options;
  options.encode.width = 1280;
  options.encode.height = 720;
  options.encode.frame_rate = 29.97;
  options.encode.sample_rate = 44100;
  options.encode.channels = 2;
  return options;
}

bool knows(const std::string& format, const std::string& option) {
  const AVClass* const options = deviceFormat(format)->format->priv_class;
  return av_opt_find(const_cast<AVClass**>(&options), option.c_str(), nullptr, 0, AV_OPT_SEARCH_FAKE_OBJ) !=
         nullptr;
}

TEST(DeviceSettings, OfACameraAndAMicrophone) {
  for (const char* const format : {"v4l2", "alsa"}) {
    EXPECT_THAT(deviceSettings(format, wanted(), true),
                ElementsAre(Pair("channels", "2"), Pair("framerate", "29.97"), Pair("sample_rate", "44100"),
                            Pair("video_size", "1280x720")));
    EXPECT_TRUE(deviceSettings(format, wanted(), false).empty()) << "the device's own form";
    EXPECT_TRUE(deviceSettings(format, {}, true).empty());
  }
}

TEST(DeviceSettings, AMicrophoneOfPulseAudioIsReadInSmallPieces) {
  EXPECT_THAT(deviceSettings("pulse", {}, false), ElementsAre(Pair("fragment_size", "3840")));
}

TEST(DeviceSettings, AScreenIsTakenAsAWhole) {
  EXPECT_EQ(deviceSettings("x11grab", wanted(), true).count("video_size"), 0U);
}

TEST(DeviceSettings, WhatTheUserSaysIsLast) {
  CaptureOptions options = wanted();
  options.device_options = {{"input_format", "mjpeg"}, {"video_size", "640x480"}};
  EXPECT_THAT(deviceSettings("v4l2", options, true),
              ElementsAre(Pair("channels", "2"), Pair("framerate", "29.97"), Pair("input_format", "mjpeg"),
                          Pair("sample_rate", "44100"), Pair("video_size", "640x480")));
}

TEST(DeviceSettings, AreOptionsThatTheFormatsHave) {
  for (const auto& [format, options] : std::map<std::string, std::vector<const char*>>{
           {"v4l2", {"video_size", "framerate", "input_format"}},
           {"alsa", {"sample_rate", "channels"}},
           {"pulse", {"sample_rate", "channels", "fragment_size"}},
           {"x11grab", {"framerate"}}}) {
    ASSERT_NE(deviceFormat(format), nullptr);
    for (const char* const option : options) EXPECT_TRUE(knows(format, option)) << format << ' ' << option;
  }
  EXPECT_FALSE(knows("v4l2", "no_such_option"));
}

}  // namespace
}  // namespace multiconn::media
