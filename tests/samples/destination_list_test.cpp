#include "publish/destination_list.hpp"

#include <gmock/gmock.h>

#include <stdexcept>

#include "client/destination_pairs.hpp"
#include "support/temporary_folder.hpp"

namespace publish {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// A file that is gone when the test is over.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) : path_(folder_.write("destinations", text)) {}
  const std::string& path() const { return path_; }

 private:
  multiconn::test::TemporaryFolder folder_;
  std::string path_;
};

std::string errorOf(const std::vector<std::string>& arguments) {
  try {
    readDestinations(arguments);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "no error";
}

TEST(DestinationList, TakesUrlsInTheirOrder) {
  const auto destinations =
      readDestinations({"rtmp://one/live/first", "rtmps://two:8443/app/inst/second?token=x"});
  ASSERT_EQ(destinations.size(), 2U);
  EXPECT_EQ(destinations[0].url, "rtmp://one/live");
  EXPECT_EQ(destinations[0].stream, "first");
  EXPECT_EQ(destinations[1].url, "rtmps://two:8443/app/inst");
  EXPECT_EQ(destinations[1].stream, "second?token=x");
}

TEST(DestinationList, ReadsAFileWithCommentsAndBlankLines) {
  const TemporaryFile file(
      "# my servers\r\n\n  rtmp://one/live/first  # main\r\nrtmp://two/live/with#hash\n");
  const auto destinations = readDestinations({"@" + file.path(), "rtmp://three/live/third"});
  ASSERT_EQ(destinations.size(), 3U);
  EXPECT_EQ(destinations[0].stream, "first");
  EXPECT_EQ(destinations[1].stream, "with#hash");
  EXPECT_EQ(destinations[2].url, "rtmp://three/live");
}

TEST(DestinationList, NothingListedIsAnError) {
  EXPECT_THAT(errorOf({}), HasSubstr("no destination"));
  const TemporaryFile file("# nothing\n");
  EXPECT_THAT(errorOf({"@" + file.path()}), HasSubstr("names no destination"));
}

TEST(DestinationList, UnreadableFileIsNamed) {
  EXPECT_THAT(errorOf({"@/nowhere/list"}), AllOf(HasSubstr("/nowhere/list"), HasSubstr("No such file")));
  EXPECT_THAT(errorOf({"@/"}), HasSubstr("cannot read"));
}

TEST(DestinationList, TheSameDestinationTwiceIsAnErrorHoweverItIsSpelled) {
  for (const auto& [one, other] : multiconn::test::same_places)
    EXPECT_THAT(errorOf({one, other}), AllOf(HasSubstr("twice"), Not(HasSubstr("canary")))) << other;
}

TEST(DestinationList, DestinationsThatLookAlikeAreAllowed) {
  for (const auto& [one, other] : multiconn::test::different_places)
    EXPECT_EQ(errorOf({one, other}), "no error") << other;
}

TEST(DestinationList, OneOfTheOthersIsListedTwice) {
  const auto others = readDestinations({"rtmp://one/live/canary"});
  EXPECT_EQ(readDestinations({"rtmp://two/live/canary"}, others).size(), 1U);
  EXPECT_THROW(readDestinations({"rtmp://one:1935/live/canary"}, others), std::invalid_argument);
}

TEST(DestinationList, OtherStreamsAppsAndPortsAreOtherDestinations) {
  EXPECT_EQ(readDestinations({"rtmp://one/live/a", "rtmp://one/live/A", "rtmp://one/LIVE/a",
                              "rtmp://one:443/live/a", "rtmps://one/live/a"})
                .size(),
            5U);
}

TEST(DestinationList, MalformedUrlsAreToldWithoutTheirKey) {
  for (const std::string url :
       {"http://one/live/canary", "one/live/canary", "rtmp://one:70000/live/canary", "rtmp:///live/canary"}) {
    EXPECT_THAT(errorOf({url}), AllOf(Not(HasSubstr("canary")), Not(HasSubstr("no error")))) << url;
  }
  EXPECT_THAT(errorOf({"rtmp://one:70000/live/canary"}), HasSubstr("port"));
  EXPECT_THAT(errorOf({"rtmpx://one/live/canary"}), HasSubstr("rtmp[s|t|e|te]://"));
  for (const std::string url : {"http://one/loadbalancer", "https://one/loadbalancer"})
    EXPECT_THAT(errorOf({url}), HasSubstr("--balancer")) << url;
  EXPECT_THAT(errorOf({"rtmp://one/live/"}), HasSubstr("stream"));
}

TEST(DestinationList, AnErrorInAFileTellsTheLine) {
  const TemporaryFile file("rtmp://one/live/a\n\nhttp://two/live/canary\n");
  EXPECT_THAT(errorOf({"@" + file.path()}), AllOf(HasSubstr("line 3"), Not(HasSubstr("canary"))));
}

}  // namespace
}  // namespace publish
