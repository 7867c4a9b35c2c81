#include "origin/recording_path.hpp"

#include <gtest/gtest.h>

#include <string>

namespace multiconn::origin {
namespace {

TEST(RecordingPath, LiesInTheApplicationsFolder) {
  EXPECT_EQ(recordingPath("/data", "live", "show"), "/data/live/show.flv");
  EXPECT_EQ(recordingPath("/data", "live/room 1", "a.b"), "/data/live/room 1/a.b.flv");
  EXPECT_EQ(recordingPath("/data", "live", "\xC3\xA9"), "/data/live/\xC3\xA9.flv");
}

TEST(RecordingPath, RefusesWhatMustNotBecomeAPath) {
  EXPECT_FALSE(recordingPath("", "live", "show"));
  for (const std::string_view name :
       {"", ".", "..", "../x", "a/b", "/etc/passwd", ".hidden", "a\\b", "a\nb", "a\x7F"}) {
    EXPECT_FALSE(recordingPath("/data", "live", name)) << name;
  }
  EXPECT_FALSE(recordingPath("/data", "live", std::string_view("a\0b", 3)));
  EXPECT_FALSE(recordingPath("/data", "live", std::string(201, 'x')));
  EXPECT_TRUE(recordingPath("/data", "live", std::string(200, 'x')));
  for (const std::string_view app : {"", "..", "live/..", "live/../..", "/live", "live/", "live//x", "li\tve",
                                     "live/show.flv", "live/show.flv.part/x", "show.broken-1.flv"}) {
    EXPECT_FALSE(recordingPath("/data", app, "show")) << app;
  }
}

TEST(RecordingPath, KnowsBrokenRecordings) {
  EXPECT_TRUE(namesBrokenRecording("show.broken-12"));
  for (const std::string_view name : {"", "show", "12", ".broken-", "show.broken-1a", "show-1"}) {
    EXPECT_FALSE(namesBrokenRecording(name)) << name;
  }
}

}  // namespace
}  // namespace multiconn::origin
