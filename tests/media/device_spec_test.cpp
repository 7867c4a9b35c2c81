#include "media/device_spec.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "media/device_formats.hpp"

namespace multiconn::media {
namespace {

using std::string;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using Specs = std::vector<DeviceSpec>;

string errorOf(const string& text) {
  try {
    parseDevices(text);
  } catch (const std::runtime_error& error) {
    return error.what();
  }
  return "no error";
}

TEST(DeviceSpec, OneDevice) {
  EXPECT_EQ(parseDevices("v4l2:/dev/video0"), (Specs{{"v4l2", "/dev/video0"}}));
  EXPECT_EQ(parseDevices("video4linux2:/dev/video0"), (Specs{{"v4l2", "/dev/video0"}}));
  EXPECT_EQ(parseDevices("alsa:hw:1,0"), (Specs{{"alsa", "hw:1,0"}}));
  EXPECT_EQ(parseDevices("x11grab::0.0+10,20"), (Specs{{"x11grab", ":0.0+10,20"}}));
  EXPECT_EQ(parseDevices("lavfi:testsrc2=size=320x240:rate=25"),
            (Specs{{"lavfi", "testsrc2=size=320x240:rate=25"}}));
}

TEST(DeviceSpec, TwoDevices) {
  EXPECT_EQ(parseDevices("v4l2:/dev/video0+alsa:default"),
            (Specs{{"v4l2", "/dev/video0"}, {"alsa", "default"}}));
  EXPECT_EQ(parseDevices("v4l2:/dev/video0+pulse"), (Specs{{"v4l2", "/dev/video0"}, {"pulse", "default"}}));
  EXPECT_EQ(parseDevices("lavfi:testsrc2=size=320x240+lavfi:sine=frequency=440"),
            (Specs{{"lavfi", "testsrc2=size=320x240"}, {"lavfi", "sine=frequency=440"}}));
  EXPECT_EQ(parseDevices("x11grab::0.0+10,20+alsa"), (Specs{{"x11grab", ":0.0+10,20"}, {"alsa", "default"}}));
}

TEST(DeviceSpec, APlusInsideAGraphSeparatesNothing) {
  const string graph = "aevalsrc='sin(2*PI*440*t)+0.1*random(0)':s=48000";
  EXPECT_EQ(parseDevices("lavfi:" + graph), (Specs{{"lavfi", graph}}));
  EXPECT_EQ(parseDevices("lavfi:testsrc2+lavfi:" + graph), (Specs{{"lavfi", "testsrc2"}, {"lavfi", graph}}));
  EXPECT_EQ(parseDevices("lavfi:drawtext=text=a\\+alsa:x=1"),
            (Specs{{"lavfi", "drawtext=text=a\\+alsa:x=1"}}));
}

TEST(DeviceSpec, WhatIsNoDeviceIsSaid) {
  EXPECT_THAT(errorOf("nosuch:thing"),
              AllOf(HasSubstr("no capture format \"nosuch\""), HasSubstr("--list-devices")));
  EXPECT_THAT(errorOf("/dev/video0"), HasSubstr("FORMAT:NAME"));
  EXPECT_THAT(errorOf("lavfi"), HasSubstr("needs a graph"));
  EXPECT_THAT(errorOf("v4l2:a+alsa:b+pulse:c"), HasSubstr("two devices at most"));
  EXPECT_THAT(errorOf("+alsa:default"), HasSubstr("no capture format"));
}

TEST(DeviceSpec, NamesKeepTheirSecrets) {
  EXPECT_EQ(displayName({"v4l2", "/dev/video0"}), "v4l2:/dev/video0");
  EXPECT_THAT(displayName({"lavfi", "movie=rtmp\\://host/app/canary"}), HasSubstr("lavfi"));
  EXPECT_THAT(displayName({"lavfi", "movie='rtmp://host/app/canary'"}), Not(HasSubstr("canary")));
}

TEST(DeviceFormats, EachOnceWithWhatItDelivers) {
  for (const char* name : {"alsa", "pulse", "v4l2", "x11grab", "lavfi"}) {
    const DeviceFormat* format = deviceFormat(name);
    ASSERT_NE(format, nullptr) << name;
    EXPECT_EQ(format->name, name);
  }
  EXPECT_TRUE(deviceFormat("v4l2")->video);
  EXPECT_FALSE(deviceFormat("v4l2")->audio);
  EXPECT_TRUE(deviceFormat("alsa")->audio);
  EXPECT_EQ(deviceFormat("video4linux2,v4l2"), nullptr);
  EXPECT_EQ(deviceFormat(""), nullptr);
  EXPECT_EQ(deviceFormat("mp4"), nullptr);
}

}  // namespace
}  // namespace multiconn::media
