// `require`, watched for as long as the broadcast lasts.
#include "client/quorum.hpp"

#include "roles_fixture.hpp"

namespace multiconn::test {
namespace {

using client::Quorum;
using News = Quorum::News;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr const char* lost = "NetConnection.Quorum.Lost";
constexpr const char* regained = "NetConnection.Quorum.Regained";

std::vector<Quorum::Member> members(const std::vector<bool>& serve) {
  std::vector<Quorum::Member> list;
  for (const bool serves : serve) list.push_back({static_cast<ServerId>(list.size()), serves});
  return list;
}
// Only order matters.
const rtmp::TimePoint now = rtmp::TimePoint(1h);

TEST(Quorum, IsLostOnlyAfterItWasMet) {
  Quorum quorum(Require::all());
  EXPECT_EQ(quorum.update(members({true, false}), now), News::none);
  EXPECT_EQ(quorum.update(members({true, true}), now), News::none);
  EXPECT_EQ(quorum.update(members({false, true}), now), News::lost);
  EXPECT_EQ(quorum.serving(), 1U);
  EXPECT_EQ(quorum.required(), 2U);
  EXPECT_EQ(quorum.update(members({false, false}), now), News::none) << "said once";
  EXPECT_EQ(quorum.update(members({true, true}), now), News::regained);
}

TEST(Quorum, ATakeOverBridgesALossAndIsNoReturn) {
  const ServerId id{};
  Quorum quorum(Require::all());
  quorum.update({{id, true}}, now);
  EXPECT_EQ(quorum.update({{id, false, true}}, now), News::none);
  EXPECT_EQ(quorum.update({{id, false, false}}, now), News::lost);
  EXPECT_EQ(quorum.update({{id, false, true}}, now), News::none) << "it does not publish yet";
  EXPECT_EQ(quorum.update({{id, true}}, now), News::regained);
}

TEST(Quorum, AnyOne) {
  Quorum quorum(Require::any());
  quorum.update(members({true, true}), now);
  EXPECT_EQ(quorum.update(members({false, true}), now), News::none);
  EXPECT_EQ(quorum.update(members({false, false}), now), News::lost);
}

TEST(Quorum, BeginsAnew) {
  Quorum quorum(Require::all());
  quorum.update(members({true}), now);
  quorum.restart();
  EXPECT_EQ(quorum.update(members({false}), now), News::none);
  quorum.update(members({true}), now);
  EXPECT_EQ(quorum.update(members({false}), now), News::lost);
}

TEST(Quorum, WithoutServersNothingIsLost) {
  Quorum quorum(Require::all());
  quorum.update(members({true}), now);
  EXPECT_EQ(quorum.update({}, now), News::none);
}

TEST(Quorum, AnAddedServerIsWaitedFor) {
  Quorum quorum(Require::all());
  quorum.update(members({true}), now);
  quorum.expect(static_cast<ServerId>(1), now + 3s);
  EXPECT_EQ(quorum.update(members({true, false}), now + 2s), News::none);
  EXPECT_EQ(quorum.counted(), 1U);
  EXPECT_EQ(quorum.update(members({true, false}), now + 3s), News::lost);
  EXPECT_EQ(quorum.update(members({true, true}), now + 4s), News::regained);
}

TEST(Quorum, AnAddedServerCountsFromItsBeginning) {
  Quorum quorum(Require::all());
  quorum.update(members({true}), now);
  quorum.expect(static_cast<ServerId>(1), now + 3s);
  EXPECT_EQ(quorum.update(members({true, true}), now + 1s), News::none);
  EXPECT_EQ(quorum.update(members({true, false}), now + 2s), News::lost);
}

class QuorumTest : public RolesTest {
 protected:
  static std::vector<std::string> about(const std::vector<Status>& list) {
    std::vector<std::string> codes;
    for (const Status& status : list)
      if (status.code.starts_with("NetConnection.Quorum.")) codes.push_back(status.code);
    return codes;
  }
};

TEST_F(QuorumTest, LostAndRegained) {
  beginWithSpares({"a", "b", "c"}, {});
  play(10);
  kill("b");
  play(10);
  ASSERT_EQ(countOf(lost), 1U);
  EXPECT_EQ(find(lost)->level, "error");
  EXPECT_EQ(find(lost)->description, "2 of 3 servers publish; 3 are required.");
  EXPECT_FALSE(find(lost)->server);
  world.server("b").script.refuses = false;
  world.loop.runFor(5s);
  ASSERT_EQ(countOf(regained), 1U);
  EXPECT_EQ(find(regained)->level, "status");
  EXPECT_EQ(find(regained)->description, "3 of 3 servers publish; 3 are required.");
}

TEST_F(QuorumTest, WhatIsNotRequiredIsNotMissed) {
  ConnectOptions options;
  options.require = Require::atLeast(2);
  beginWithSpares({"a", "b", "c"}, {}, options);
  kill("a");
  play(10);
  EXPECT_EQ(countOf(lost), 0U);
  kill("b");
  play(10);
  ASSERT_EQ(countOf(lost), 1U);
  EXPECT_EQ(find(lost)->description, "1 of 3 servers publish; 2 are required.");
}

TEST_F(QuorumTest, SeveralThatAreLostTogetherAreOneLoss) {
  beginWithSpares({"a", "b", "c"}, {});
  for (const char* const host : {"a", "b", "c"}) kill(host);
  world.loop.runFor(100ms);
  EXPECT_EQ(about(statuses), std::vector<std::string>{lost});
}

TEST_F(QuorumTest, ASpareCountsForItsServer) {
  world.server("b", {.rtt = 100ms});
  beginWithSpares({"a"}, {"b"});
  play(10);
  kill("a");
  play(50);
  EXPECT_EQ(about(statuses), std::vector<std::string>{}) << "not even while it takes over";
  kill("b");
  play(10);
  EXPECT_EQ(about(statuses), std::vector<std::string>{lost});
}

TEST_F(QuorumTest, ASpareThatHangsHidesNoLoss) {
  beginWithSpares({"a"}, {"b"});
  play(10);
  world.server("b").script.never_answers_publish = true;
  kill("a");
  play(50);
  EXPECT_EQ(countOf(lost), 1U);
  play(250);
  EXPECT_EQ(countOf(lost), 1U);
  EXPECT_EQ(countOf(regained), 0U);
}

TEST_F(QuorumTest, ASpareThatRefusesIsNoReturn) {
  beginWithSpares({"a"}, {"b"});
  play(10);
  world.server("b").script.reject_publish = "NetStream.Publish.BadName";
  kill("a");
  play(500);
  EXPECT_EQ(countOf(lost), 1U);
  EXPECT_EQ(countOf(regained), 0U);
}

TEST_F(QuorumTest, NeverMetIsNotLost) {
  world.server("a");
  world.server("b", {.refuses = true});
  make();
  stream.publish("key");
  connect({at("a"), at("b")});
  world.loop.runFor(5s);
  EXPECT_EQ(about(statuses), std::vector<std::string>{});
}

TEST_F(QuorumTest, ClosingIsNoLoss) {
  beginWithSpares({"a", "b"}, {});
  stream.stop();
  world.loop.runFor(1s);
  connection->ncClose();
  world.loop.runFor(1s);
  EXPECT_EQ(about(statuses), std::vector<std::string>{});
}

TEST_F(QuorumTest, ConnectionsCountUntilSomethingIsPublished) {
  world.server("a");
  world.server("b");
  make();
  connect({at("a"), at("b")});
  world.loop.runFor(1s);
  kill("a");
  world.loop.runFor(100ms);
  ASSERT_EQ(countOf(lost), 1U);
  EXPECT_EQ(find(lost)->description, "1 of 2 servers are connected; 2 are required.");
  world.server("a").script.refuses = false;
  world.loop.runFor(5s);
  EXPECT_EQ(about(statuses), (std::vector<std::string>{lost, regained}));
  stream.publish("key");
  world.loop.runFor(1s);
  kill("b");
  world.loop.runFor(100ms);
  EXPECT_EQ(about(statuses), (std::vector<std::string>{lost, regained, lost}));
}

TEST_F(QuorumTest, AddingIsNoLossAndRemovingAskForLess) {
  world.server("b", {.rtt = 100ms});
  beginWithSpares({"a"}, {});
  connection->add(at("b"));
  play(25);
  EXPECT_EQ(row(1).state, ServerState::publishing);
  EXPECT_EQ(about(statuses), std::vector<std::string>{});
  kill("b");
  play(10);
  EXPECT_EQ(about(statuses), std::vector<std::string>{lost});
  connection->remove(static_cast<ServerId>(1));
  play(10);
  EXPECT_EQ(about(statuses), (std::vector<std::string>{lost, regained}));
  EXPECT_EQ(find(regained)->description, "1 of 1 servers publish; 1 is required.");
}

}  // namespace
}  // namespace multiconn::test
