#include "balancer/edge_directory.hpp"

#include <gmock/gmock.h>

#include "balancer/directory_fixture.hpp"

namespace multiconn::balancer {
namespace {

using balance::Refusal;
using balance::test::bootOf;
using balance::test::Sender;
using std::chrono::minutes;
using std::chrono::seconds;
using test::guidOf;
using test::TestDirectory;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

std::uint64_t refusals(const TestDirectory& directory, Refusal reason) {
  return directory.edges.counts().refusals[static_cast<std::size_t>(reason)];
}

TEST(EdgeDirectory, LogsWhenAnEdgeComesAndGoes) {
  TestDirectory directory;
  directory.report(1);
  directory.report(1);
  directory.edges.tick(directory.now);
  directory.advance(seconds(6));
  directory.edges.tick(directory.now);
  directory.edges.tick(directory.now);
  directory.report(1);
  EXPECT_THAT(directory.lines, ElementsAre(HasSubstr("takes clients"), HasSubstr("no report for 6000 ms"),
                                           HasSubstr("takes clients")));
}

TEST(EdgeDirectory, CountsLookUpsByFormAndResult) {
  TestDirectory directory;
  (void)directory.edges.lookUp({}, LookUpForm::json, directory.now);
  directory.report(1);
  directory.report(2);
  balance::Question two;
  two.count = 2;
  (void)directory.edges.lookUp(two, LookUpForm::text, directory.now);
  const DirectoryCounts& counts = directory.edges.counts();
  EXPECT_EQ(counts.look_ups[static_cast<std::size_t>(LookUpForm::json)]
                           [static_cast<std::size_t>(balance::NoEdge::no_edges)],
            1u);
  EXPECT_EQ(counts.look_ups[static_cast<std::size_t>(LookUpForm::text)][0], 1u);
  EXPECT_EQ(counts.lookUps(), 2u);
  EXPECT_EQ(counts.redirects, 2u);
  EXPECT_EQ(counts.reports, 2u);
}

TEST(EdgeDirectory, PausesByTheTextOfTheGuid) {
  TestDirectory directory;
  directory.report(1);
  EXPECT_FALSE(directory.edges.pause("nobody", true, directory.now));
  EXPECT_TRUE(directory.edges.pause(guidOf(1).text(), true, directory.now));
  EXPECT_TRUE(directory.edges.lookUp({}, LookUpForm::text, directory.now).chosen.empty());
  EXPECT_TRUE(directory.edges.pause(guidOf(1).text(), false, directory.now));
  EXPECT_THAT(directory.edges.lookUp({}, LookUpForm::text, directory.now).chosen, SizeIs(1));
}

TEST(EdgeDirectory, CountsRefusalsAndLogsOneLineAMinute) {
  TestDirectory directory;
  const Sender stranger(7, bootOf(1), "not the key of the cluster");
  for (unsigned i = 1; i <= 1000; ++i) directory.receive(stranger.report(i, directory.wall), "203.0.113.9");
  EXPECT_EQ(refusals(directory, Refusal::unknown_key), 1000u);
  EXPECT_EQ(directory.edges.counts().refused(), 1000u);
  EXPECT_THAT(directory.lines,
              ElementsAre(HasSubstr("203.0.113.9: it was sealed with a key that is not known")));
  directory.advance(minutes(1));
  directory.receive(stranger.report(1001, directory.wall), "203.0.113.9");
  EXPECT_THAT(directory.lines, SizeIs(2));
  EXPECT_THAT(directory.lines.back(), HasSubstr("and 999 more before it"));
}

TEST(EdgeDirectory, SaysHowFarAClockIsOff) {
  TestDirectory directory;
  directory.receive(Sender(7).report(1, directory.wall - std::chrono::hours(1)), "203.0.113.9");
  EXPECT_EQ(refusals(directory, Refusal::clock_off), 1u);
  ASSERT_THAT(directory.lines, SizeIs(1));
  EXPECT_THAT(directory.lines[0], HasSubstr("edge " + guidOf(7).text()));
  EXPECT_THAT(directory.lines[0], HasSubstr("3600.0 s behind"));
}

TEST(EdgeDirectory, RaisesAnAlarmForAGuidThatIsUsedTwice) {
  TestDirectory directory;
  directory.report(1);
  directory.receive(Sender(1, bootOf(1, 2)).report(9, directory.wall));
  EXPECT_EQ(refusals(directory, Refusal::duplicate_guid), 1u);
  EXPECT_TRUE(directory.edges.isDuplicated(guidOf(1), directory.now));
  EXPECT_EQ(directory.edges.duplicates(directory.now), 1u);
  EXPECT_THAT(directory.lines.back(), HasSubstr("remove Server.guid"));
  directory.advance(minutes(2));
  directory.edges.tick(directory.now);
  EXPECT_EQ(directory.edges.duplicates(directory.now), 0u);
}

TEST(EdgeDirectory, SaysOnceThatAnEdgeReportsTooSeldom) {
  TestDirectory directory;
  const auto seldom = [](balance::LoadReport& report) { report.interval = balance::milliseconds(5000); };
  for (int i = 0; i < 3; ++i) {
    directory.report(7, seldom);
    directory.advance(minutes(1) / 2);
    directory.edges.tick(directory.now);
  }
  EXPECT_EQ(std::count_if(directory.lines.begin(), directory.lines.end(),
                          [](const auto& line) { return line.find("message timeout") != line.npos; }),
            1);
  EXPECT_THAT(directory.lines[0], HasSubstr(guidOf(7).text() + " reports each 5000 ms"));
}

TEST(EdgeDirectory, ForgedAddressesDoNotFillTheLog) {
  TestDirectory directory;
  const rtmp::Bytes garbage(40, std::byte{0x5A});
  for (unsigned i = 0; i < 100'000; ++i) directory.receive(garbage, "forged " + std::to_string(i));
  EXPECT_EQ(directory.edges.counts().refused(), 100'000u);
  EXPECT_THAT(directory.lines, SizeIs(RefusalLog::max_lines + 1));
  EXPECT_THAT(directory.lines.back(), HasSubstr("too many senders"));
}

}  // namespace
}  // namespace multiconn::balancer
