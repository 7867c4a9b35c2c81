#include <gmock/gmock.h>

#include <filesystem>

#include "samples/parsed_options.hpp"
#include "support/temporary_folder.hpp"

namespace publish {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

TEST(BalancerOptions, MakeADestination) {
  const auto options = parsed({"f", "--balancer", "http://b1:1935/loadbalancer,https://b2", "--count", "2",
                               "--app", "live/x?token=t", "--stream", "key", "--scheme", "rtmps"});
  ASSERT_EQ(options.destinations.size(), 1U);
  const auto& destination = options.destinations[0];
  EXPECT_EQ(destination.url, "http://b1:1935/loadbalancer");
  EXPECT_EQ(destination.stream, "key");
  EXPECT_EQ(destination.servers.app, "live/x?token=t");
  EXPECT_EQ(destination.servers.count, 2U);
  EXPECT_EQ(destination.servers.scheme, "rtmps");
  EXPECT_THAT(destination.servers.more_balancers, ElementsAre("https://b2"));
}

TEST(BalancerOptions, StandBesidePlainDestinations) {
  const auto options = parsed({"f", "rtmp://one/live/a", "--balancer", "http://b", "--balancer", "http://c",
                               "--app", "live", "--stream", "key", "--engine", "native"});
  ASSERT_EQ(options.destinations.size(), 2U);
  EXPECT_EQ(options.destinations[0].url, "rtmp://one/live");
  EXPECT_EQ(options.destinations[1].url, "http://b");
  EXPECT_THAT(options.destinations[1].servers.more_balancers, ElementsAre("http://c"));
  EXPECT_EQ(options.destinations[1].servers.count, 1U);
  EXPECT_EQ(options.destinations[1].engine, multiconn::LinkEngine::native);
}

TEST(BalancerOptions, CountForRequire) {
  const std::vector<std::string> arguments{
      "f",    "rtmp://one/live/a", "--balancer", "http://b", "--count", "2", "--app",
      "live", "--stream",          "key",        "--require"};
  const auto with = [&](const std::string& require) {
    auto all = arguments;
    all.push_back(require);
    return all;
  };
  EXPECT_EQ(parsed(with("3")).connect.require.of(3), 3U);
  EXPECT_THAT(errorOf(with("4")), HasSubstr("only 3 are named"));
}

TEST(BalancerOptions, TakeTheKeyFromAFile) {
  const multiconn::test::TemporaryFolder folder;
  const auto path = folder.write("key", "secret?k=v\r\nmore\n");
  const auto options =
      parsed({"f", "--balancer", "http://b", "--app", "live", "--stream", "@" + path.string()});
  EXPECT_EQ(options.destinations.at(0).stream, "secret?k=v");
  std::filesystem::remove(path);
  EXPECT_THAT(errorOf({"f", "--balancer", "http://b", "--app", "live", "--stream", "@" + path.string()}),
              HasSubstr("--stream: cannot read "));
}

TEST(BalancerOptions, SayInOneLineWhatIsWrong) {
  EXPECT_THAT(errorOf({"f", "--balancer", "http://b", "--stream", "key"}), HasSubstr("--app"));
  EXPECT_THAT(errorOf({"f", "--balancer", "http://b", "--app", "live"}), HasSubstr("--stream"));
  EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--app", "live"}),
              HasSubstr("--balancer, and none is named"));
  EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--count", "2"}),
              HasSubstr("--balancer, and none is named"));
  for (const char* count : {"0", "17"})
    EXPECT_THAT(errorOf({"f", "--balancer", "http://b", "--app", "a", "--stream", "s", "--count", count}),
                HasSubstr("from 1 to 16"));
  EXPECT_THAT(errorOf({"f", "--balancer", "http://b", "--app", "a", "--stream", "s", "--count", "x"}),
              HasSubstr("--count"));
  EXPECT_THAT(errorOf({"f", "--balancer", "rtmp://b/live/secret", "--app", "a", "--stream", "s"}),
              AllOf(HasSubstr("http:// or https://"), Not(HasSubstr("secret"))));
  EXPECT_THAT(errorOf({"f", "--balancer", "http://b", "--app", "a", "--stream", "s", "--scheme", "ftp"}),
              HasSubstr("--scheme"));
}

}  // namespace
}  // namespace publish
