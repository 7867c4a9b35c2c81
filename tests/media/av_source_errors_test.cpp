// Each bad input gets one clear sentence.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "media/clips.hpp"
#include "media/input_name.hpp"
#include "media/played.hpp"

namespace multiconn {
namespace {

using namespace media::test;
using std::string;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class AvSourceErrors : public ClipTest {
 protected:
  static string errorOf(const string& url, AvSourceOptions options = {}) {
    try {
      AvSource::open(url, std::move(options));
    } catch (const std::runtime_error& error) {
      EXPECT_THAT(error.what(), Not(HasSubstr("\n")));
      return error.what();
    }
    return "no error";
  }
};

TEST_F(AvSourceErrors, NoSuchFile) {
  EXPECT_EQ(errorOf("/nowhere/clip.mp4"), "\"/nowhere/clip.mp4\": there is no such file");
}

TEST_F(AvSourceErrors, NotAFile) {
  EXPECT_THAT(errorOf("/"), HasSubstr("is a directory"));
  EXPECT_THAT(errorOf(file("empty.mp4", "")), HasSubstr("is empty"));
  EXPECT_THAT(errorOf(""), HasSubstr("no input"));
}

TEST_F(AvSourceErrors, TextIsNotMedia) {
  string numbers;
  for (int i = 0; i < 20000; ++i) numbers += std::to_string(i) + '\n';
  const string subtitles =
      "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n2\n00:00:03,000 --> 00:00:04,000\nagain\n";
  const string escape = "\x1b[2J\x1b[1;31mcolours\x1b[0m\n";
  for (const auto& [name, content] :
       std::vector<std::pair<string, string>>{{"a.txt", "Hello, world.\n"},
                                              {"a", numbers},
                                              {"a.md", numbers},
                                              {"a.html", "<html><body>x</body></html>"},
                                              {"a.json", "{\"a\": [1, 2, 3]}"},
                                              {"a.ans", escape},
                                              {"a.srt", subtitles},
                                              {"a.mp4", numbers}}) {
    EXPECT_THAT(errorOf(file(name, content)),
                testing::AnyOf(HasSubstr("is not media"), HasSubstr("neither audio nor video")))
        << name;
  }
  AvSourceOptions as_text;
  as_text.format = "tty";
  EXPECT_THAT(errorOf(file("b.txt", "Hello"), as_text), HasSubstr("is not media"));
}

TEST_F(AvSourceErrors, NoiseIsNotMedia) {
  string noise;
  unsigned state = 1;
  for (int i = 0; i < 50000; ++i) noise += static_cast<char>((state = state * 1664525 + 1013904223) >> 24);
  EXPECT_THAT(errorOf(file("noise.bin", noise)), HasSubstr("is not media"));
}

TEST_F(AvSourceErrors, CodecsThatRtmpCannotCarry) {
  EXPECT_THAT(
      errorOf(clip("a.avi", picture + "-c:v mpeg4")),
      AllOf(HasSubstr("RTMP cannot carry mpeg4 video"), HasSubstr("--transcode"), HasSubstr("-c:v libx264")));
  EXPECT_THAT(
      errorOf(clip("a.mkv", picture + tone + x264 + "-c:a libvorbis")),
      AllOf(HasSubstr("RTMP cannot carry vorbis audio"), HasSubstr("--transcode"), HasSubstr("-c:a aac")));
  EXPECT_THAT(errorOf(clip("a.wav", tone)), HasSubstr("RTMP cannot carry pcm_s16le audio"));
  EXPECT_THAT(errorOf(clip("a.png", picture + "-frames:v 1")), HasSubstr("RTMP cannot carry png video"));
}

TEST_F(AvSourceErrors, AnotherTrackThatCanBeCarriedIsTaken) {
  const string file = clip("a.mkv", picture + tone + "-map 0 -map 1 -map 1 " + x264 +
                                        "-c:a:0 libvorbis -c:a:1 aac -disposition:a:0 default");
  EXPECT_NE(AvSource::open(file).audio(), nullptr);
}

TEST_F(AvSourceErrors, UnknownFormat) {
  AvSourceOptions options;
  options.format = "nosuchformat";
  EXPECT_THAT(errorOf(file("a.mp4", "x"), options), HasSubstr("no input format named \"nosuchformat\""));
}

TEST_F(AvSourceErrors, APipeCannotLoop) {
  const rtmp::Bytes content = contentOf(clip("a.aac", tone));
  int ends[2] = {-1, -1};
  ASSERT_EQ(pipe(ends), 0);
  const rtmp::BytesView start = rtmp::BytesView(content).first(8000);
  ASSERT_EQ(write(ends[1], start.data(), start.size()), static_cast<ssize_t>(start.size()));
  close(ends[1]);
  AvSourceOptions options;
  options.loop = true;
  EXPECT_THAT(errorOf("pipe:" + std::to_string(ends[0]), options), HasSubstr("only once"));
  close(ends[0]);
}

TEST_F(AvSourceErrors, UrlsKeepTheirSecrets) {
  const string error = errorOf("nosuchscheme://user:secret@host/app/key?token=hidden");
  EXPECT_THAT(error, HasSubstr("nosuchscheme://host/****"));
  EXPECT_THAT(error, AllOf(Not(HasSubstr("secret")), Not(HasSubstr("key")), Not(HasSubstr("hidden"))));
  EXPECT_THAT(errorOf("rtmp://127.0.0.1:1/app/key"), HasSubstr("rtmp://127.0.0.1:1/****"));
}

TEST(InputName, OfEveryKind) {
  EXPECT_EQ(media::displayName("-"), "standard input");
  EXPECT_EQ(media::displayName("a b.mp4"), "\"a b.mp4\"");
  EXPECT_EQ(media::displayName("http://host:80"), "http://host:80");
  EXPECT_EQ(media::displayName("http://u:p@host/x"), "http://host/****");
  EXPECT_TRUE(media::isLiveUrl("rtmp://host/app/x"));
  EXPECT_TRUE(media::isLiveUrl("srt://host:9000"));
  EXPECT_FALSE(media::isLiveUrl("http://host/x.mp4"));
  EXPECT_FALSE(media::isLiveUrl("udp.mp4"));
}

}  // namespace
}  // namespace multiconn
