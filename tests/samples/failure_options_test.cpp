// The options about servers that are lost.
#include <gmock/gmock.h>

#include "samples/parsed_options.hpp"

namespace publish {
namespace {

using namespace std::chrono_literals;
using multiconn::Resume;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string destination = "rtmp://one/live/a";

TEST(FailureOptions, DefaultsAreTheLibrarys) {
  const auto options = parsed({"f", destination});
  const multiconn::ConnectOptions defaults;
  EXPECT_TRUE(options.connect.reconnect.enabled);
  EXPECT_FALSE(options.connect.reconnect.max_attempts);
  EXPECT_FALSE(options.connect.reconnect.give_up_after);
  EXPECT_EQ(options.connect.dead_after, defaults.dead_after);
  EXPECT_EQ(options.connect.resume_age, defaults.resume_age);
  EXPECT_EQ(options.connect.resume_bytes, defaults.resume_bytes);
  EXPECT_EQ(options.destinations.at(0).resume, Resume::ring);
  EXPECT_FALSE(options.destinations.at(0).standby);
  EXPECT_EQ(options.primaries, 1U);
}

TEST(FailureOptions, EveryOptionArrives) {
  const auto& connect = parsed({"f", destination, "--reconnect-attempts", "5", "--reconnect-give-up", "2m",
                                "--dead-after", "4s", "--resume-age", "20s", "--resume-bytes", "64M"})
                            .connect;
  EXPECT_TRUE(connect.reconnect.enabled);
  EXPECT_EQ(connect.reconnect.max_attempts, 5U);
  EXPECT_EQ(connect.reconnect.give_up_after, 2min);
  EXPECT_EQ(connect.dead_after, 4s);
  EXPECT_EQ(connect.resume_age, 20s);
  EXPECT_EQ(connect.resume_bytes, 64U << 20);
  EXPECT_FALSE(parsed({"f", destination, "--no-reconnect"}).connect.reconnect.enabled);
  for (const char* off : {"0", "0s", "0ms"})
    EXPECT_EQ(parsed({"f", destination, "--dead-after", off}).connect.dead_after, 0s);
}

TEST(FailureOptions, SparesComeLastAndAreNotRequired) {
  const auto options = parsed({"--standby", "rtmp://spare/live/a", "f", destination, "--standby",
                               "rtmp://spare/live/b", "--balancer", "http://b", "--count", "2", "--app",
                               "live", "--stream", "key", "--require", "3"});
  ASSERT_EQ(options.destinations.size(), 4U);
  EXPECT_EQ(options.primaries, 3U);
  EXPECT_FALSE(options.destinations[1].standby);
  EXPECT_TRUE(options.destinations[2].standby);
  EXPECT_EQ(options.destinations[3].stream, "b");
  EXPECT_THAT(errorOf({"f", destination, "--standby", "rtmp://spare/live/a", "--require", "2"}),
              HasSubstr("only 1 are named"));
  EXPECT_THAT(errorOf({"f", "--standby", "rtmp://spare/live/a"}), HasSubstr("no destination"));
}

TEST(FailureOptions, ResumeIsOfAllOrOfOne) {
  const auto of = [](std::vector<std::string> arguments) {
    std::vector<Resume> resumes;
    for (const auto& each : parsed(std::move(arguments)).destinations) resumes.push_back(each.resume);
    return resumes;
  };
  using testing::ElementsAre;
  EXPECT_THAT(of({"f", destination, "--resume", "live", "--standby", "rtmp://spare/live/a"}),
              ElementsAre(Resume::live, Resume::live));
  EXPECT_THAT(of({"f", destination, "--resume-live", "rtmp://two/live/a"}),
              ElementsAre(Resume::ring, Resume::live));
  EXPECT_THAT(of({"f", "--resume-live", "rtmp://two/live/a"}), ElementsAre(Resume::live));
  EXPECT_THAT(of({"f", "--balancer", "http://b", "--app", "live", "--stream", "key", "--resume", "live"}),
              ElementsAre(Resume::live));
}

TEST(FailureOptions, ADestinationIsNamedOnce) {
  for (const char* option : {"--standby", "--resume-live"})
    EXPECT_THAT(errorOf({"f", "rtmp://one/live/canary", option, "rtmp://one:1935/live/canary"}),
                AllOf(HasSubstr("twice"), Not(HasSubstr("canary"))))
        << option;
}

TEST(FailureOptions, BadValuesNameTheirOption) {
  const std::vector<std::pair<std::string, std::vector<std::string>>> wrong{
      {"--reconnect-attempts", {"0", "-1", "many", "5000000000"}},
      {"--reconnect-give-up", {"0", "never", "canary"}},
      {"--dead-after", {"0.1ms", "-1s", "0x", "canary"}},
      {"--resume", {"", "ringg", "canary"}},
      {"--resume-age", {"0", "canary"}},
      {"--resume-bytes", {"0", "-1", "1", "100G", "nan", "32Q", "canary"}}};
  for (const auto& [option, values] : wrong) {
    for (const auto& value : values)
      EXPECT_THAT(errorOf({"f", destination, option + '=' + value}),
                  AllOf(HasSubstr(option), Not(HasSubstr(destination))))
          << value;
  }
  for (const char* option : {"--standby", "--resume-live"})
    EXPECT_THAT(errorOf({"f", destination, option, "http://one/live/canary"}), Not(HasSubstr("canary")));
}

TEST(FailureOptions, LimitsNeedReconnecting) {
  EXPECT_THAT(errorOf({"f", destination, "--no-reconnect", "--reconnect-attempts", "3"}),
              HasSubstr("--no-reconnect"));
  EXPECT_THAT(errorOf({"f", destination, "--no-reconnect", "--reconnect-give-up", "3s"}),
              HasSubstr("--no-reconnect"));
}

TEST(FailureOptions, HelpTellsOfThem) {
  const auto help = parse({"--help"});
  for (const auto* option : {"--no-reconnect", "--reconnect-attempts", "--reconnect-give-up", "--dead-after",
                             "--standby", "--resume", "--resume-live", "--resume-age", "--resume-bytes"})
    EXPECT_THAT(help.out, HasSubstr(option));
  for (const auto* said : {"0: it is never taken for dead", "1M to 16G"})
    EXPECT_THAT(help.out, HasSubstr(said));
}

}  // namespace
}  // namespace publish
