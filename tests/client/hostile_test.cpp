// Servers that try to make us hold or do more than they are worth.
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;

class Hostile : public ClientTest {
 protected:
  void call(const std::string& host, const std::string& method, int times) {
    rtmp::Message message;
    message.body = rtmp::Command{method, 7, nullptr, {}};
    for (int i = 0; i < times; ++i) world.server(host).send(message);
  }
};

TEST_F(Hostile, CallingWithoutReadingTheAnswersIsTheEnd) {
  publishTo({"foo", "ping", "_onbwcheck", "reads"});
  for (const char* host : {"foo", "ping", "_onbwcheck"}) {
    world.server(host).script.kernel_bytes = 1000;
    world.server(host).stopReading();
    call(host, host, 70'000);
  }
  call("reads", "foo", 1000);
  world.loop.runFor(1s);
  const auto stats = connection->stats();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(stats[i].state, ServerState::failed) << i;
    EXPECT_THAT(stats[i].error, HasSubstr("does not read the answers")) << i;
    EXPECT_LE(stats[i].queue_bytes, 0U) << i;
  }
  EXPECT_EQ(stats[3].state, ServerState::publishing);
  EXPECT_EQ(countOf("NetConnection.Connect.Closed"), 3U);
  EXPECT_EQ(countOf("NetStream.Publish.Lost"), 3U);
}

TEST_F(Hostile, CallingBeforeConnectIsAnsweredIsAFailedConnect) {
  world.server("a", {.connect_delay = 10s, .kernel_bytes = 1000});
  make();
  connect({at("a")});
  world.loop.runFor(100ms);
  world.server("a").stopReading();
  call("a", "foo", 10'000);
  world.loop.runFor(1s);
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("does not read the answers"));
}

TEST_F(Hostile, WhatItCallsForWhileWeCloseIsBounded) {
  publishTo({"a"});
  world.server("a").script.kernel_bytes = 1000;
  world.server("a").stopReading();
  bool closed = false;
  connection->ncClose([&] { closed = true; });
  call("a", "foo", 10'000);
  std::uint64_t most = 0;
  world.loop.runUntil([&] {
    most = std::max(most, connection->stats()[0].queue_bytes);
    return closed;
  });
  EXPECT_TRUE(closed);
  EXPECT_LE(most, 70'000U);
}

TEST_F(Hostile, AFloodOfStatusesIsPassedOnAtFiftyASecond) {
  publishTo({"a", "b"});
  statuses.clear();
  for (int second = 0; second < 3; ++second) {
    for (int i = 0; i < 10'000; ++i)
      world.server("a").sendStatus(false, "status", "NetConnection.Noise", "noise");
    world.loop.runFor(1s);
  }
  world.server("b").sendStatus(false, "status", "NetConnection.Quiet", "hear me");
  world.loop.runFor(2s);
  EXPECT_EQ(countOf("NetConnection.Noise"), 150U);
  EXPECT_EQ(countOf("NetConnection.Quiet"), 1U);
  ASSERT_EQ(countOf("NetConnection.Status.Suppressed"), 3U);
  EXPECT_EQ(find("NetConnection.Status.Suppressed")->level, "warning");
  EXPECT_THAT(find("NetConnection.Status.Suppressed")->description, HasSubstr("9950 were left out"));
}

TEST_F(Hostile, FiguresAreFreshAfterAChangeAndCheapInAFlood) {
  publishTo({"a"});
  int looks = 0;
  connection->onStatus([&](const Status& status) {
    ++looks;
    if (status.code == "NetConnection.Connect.Closed") {
      EXPECT_EQ(connection->stats()[0].state, ServerState::failed);
    }
  });
  for (int i = 0; i < 40; ++i) world.server("a").sendStatus(false, "status", "NetConnection.Noise", "noise");
  world.server("a").reset();
  world.loop.runFor(1s);
  EXPECT_EQ(looks, 42) << "the last says that one server was required";
}

}  // namespace
}  // namespace multiconn::test
