// Calls in both directions, through the public interface.
#include <stdexcept>

#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* call_failed = "NetConnection.Call.Failed";
constexpr ServerId first{0}, second{1};

class CallRemote : public ClientTest {
 protected:
  void connectTo(std::vector<std::string> hosts, ConnectOptions options = {}) {
    make(std::move(options));
    std::vector<Destination> destinations;
    for (const std::string& host : hosts) {
      world.server(host);
      destinations.push_back(at(host));
    }
    connect(std::move(destinations));
    world.loop.runFor(1s);
    ASSERT_TRUE(outcome->success);
  }
  void call(const std::string& method, std::optional<ServerId> server = {},
            std::vector<AmfValue> arguments = {}) {
    connection->callRemote(
        method, [this](const Reply& reply) { replies.push_back(reply); }, server, std::move(arguments));
  }
  /// That many arrays in each other, the innermost one empty.
  static AmfValue levels(int count) {
    AmfArray value;
    for (int i = 1; i < count; ++i) {
      AmfArray around;
      around.push_back(std::move(value));
      value = std::move(around);
    }
    return value;
  }
  static Script answering() {
    return {.on_call = [](const rtmp::server_event::Called& call) -> std::optional<AmfValue> {
      if (call.method == "silent") return {};
      return AmfValue(call.method + " of " + std::to_string(call.arguments.size()));
    }};
  }
  std::vector<Reply> replies;
};

TEST_F(CallRemote, GoesToEveryConnectedServer) {
  world.server("a", answering());
  world.server("b", answering());
  connectTo({"a", "b"});
  call("sum", {}, {1, AmfValue("two")});
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 2U);
  for (const Reply& reply : replies) {
    EXPECT_TRUE(reply.ok);
    EXPECT_EQ(reply.value, AmfValue("sum of 2"));
  }
  EXPECT_EQ(replies[1].server, second);
  EXPECT_EQ(replies[1].url, "rtmp://b/live");
  EXPECT_EQ(world.server("a").calls[0].arguments[1], AmfValue("two"));
}

TEST_F(CallRemote, OrToOne) {
  world.server("a", answering());
  world.server("b", answering());
  connectTo({"a", "b"});
  call("hello", second);
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].server, second);
  EXPECT_TRUE(world.server("a").calls.empty());
}

TEST_F(CallRemote, WithoutACallbackNoReplyIsAskedFor) {
  world.server("a", answering());
  connectTo({"a"});
  connection->callRemote("tell");
  world.loop.runFor(10s);
  ASSERT_EQ(world.server("a").calls.size(), 1U);
  EXPECT_EQ(world.server("a").calls[0].transaction, 0);
  EXPECT_EQ(countOf("NetConnection.Call.TimedOut"), 0U);
}

TEST_F(CallRemote, AnErrorIsTheServersStatus) {
  connectTo({"a"});
  call("unknown");
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_FALSE(replies[0].ok);
  EXPECT_EQ(replies[0].status.code, call_failed);
  EXPECT_EQ(replies[0].status.level, "error");
  EXPECT_EQ(replies[0].status.description, "no such method");
  EXPECT_EQ(replies[0].status.server, first);
  EXPECT_EQ(countOf(call_failed), 0U) << "it is the reply's alone";
}

TEST_F(CallRemote, SilenceEndsByTheTimeOut) {
  world.server("a", answering());
  connectTo({"a"});
  call("silent");
  world.loop.runFor(4900ms);
  EXPECT_TRUE(replies.empty());
  world.loop.runFor(200ms);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status.code, "NetConnection.Call.TimedOut");
  EXPECT_THAT(replies[0].status.description, HasSubstr("5000 ms"));
}

TEST_F(CallRemote, AnAnswerAfterTheTimeOutIsIgnored) {
  world.server("a", {.rtt = 200ms});
  ConnectOptions options;
  options.call_timeout = 100ms;
  connectTo({"a"}, options);
  call("late");
  world.loop.runFor(2s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status.code, "NetConnection.Call.TimedOut");
}

TEST_F(CallRemote, TheEndOfTheConnectionEndsWhatWaits) {
  for (const char* host : {"a", "b"}) world.server(host, answering());
  connectTo({"a", "b"});
  call("silent", first);
  call("silent", second);
  world.loop.runFor(100ms);
  world.server("a").reset();
  world.loop.runFor(100ms);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status.code, "NetConnection.Call.Closed");
  EXPECT_EQ(replies[0].server, first);
  connection->ncClose();
  world.loop.runFor(100ms);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[1].status.code, "NetConnection.Call.Closed");
  world.loop.runFor(60s);
  EXPECT_EQ(replies.size(), 2U);
}

TEST_F(CallRemote, BeforeConnectFailsAtOnce) {
  make();
  call("hello");
  call("hello", static_cast<ServerId>(7));
  connection->callRemote("hello");
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_EQ(replies[0].status.code, call_failed);
  EXPECT_EQ(replies[0].status.description, "There is no server yet.");
  EXPECT_EQ(replies[1].status.description, "There is no such server.");
  EXPECT_EQ(replies[1].server, static_cast<ServerId>(7));
  EXPECT_EQ(countOf(call_failed), 1U) << "where no reply is asked for it is a status";
}

TEST_F(CallRemote, AfterNcCloseFails) {
  connectTo({"a"});
  connection->ncClose();
  call("hello");
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_EQ(replies[0].status.description, "The server is not connected.");
}

TEST_F(CallRemote, OneReplyComesForEachServerAlsoForThoseThatAreAway) {
  world.server("a", answering());
  world.server("gone", {.refuses = true});
  make();
  connect({at("a"), at("gone")});
  world.loop.runFor(4s);
  std::vector<int> counted;
  connection->callRemote("hello",
                         [&counted, count = 0](const Reply&) mutable { counted.push_back(++count); });
  call("hello");
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 2U);
  EXPECT_NE(replies[0].ok, replies[1].ok);
  EXPECT_EQ(counted, (std::vector{1, 2})) << "a callback keeps its state";
}

TEST_F(CallRemote, ReservedNamesAreRefused) {
  connectTo({"a", "b"});
  for (const char* name : {"connect", "publish", "deleteStream", "onStatus", ""}) {
    replies.clear();
    call(name);
    world.loop.runFor(100ms);
    ASSERT_EQ(replies.size(), 2U) << name;
    EXPECT_EQ(replies[0].status.code, call_failed) << name;
    EXPECT_FALSE(replies[0].status.description.empty());
  }
  connection->callRemote("publish");
  world.loop.runFor(100ms);
  EXPECT_EQ(countOf(call_failed), 1U);
  EXPECT_THAT(world.server("a").commands, ElementsAre("connect"));
}

TEST_F(CallRemote, ArgumentsThatCannotBeEncodedAreRefused) {
  connectTo({"a"});
  call("f", {}, {AmfValue::ByteArray{}});
  call("f", {}, {levels(33)});
  call("f", {}, {levels(2000)});
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 3U);
  for (const Reply& reply : replies) {
    EXPECT_EQ(reply.status.code, call_failed);
    EXPECT_THAT(reply.status.description, HasSubstr("The arguments cannot be sent"));
  }
  call("f", {}, {levels(32)});
  world.loop.runFor(1s);
  ASSERT_EQ(world.server("a").calls.size(), 1U);
  EXPECT_EQ(world.server("a").calls[0].arguments[0], levels(32));
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
}

TEST_F(CallRemote, AsManyAsWaitAreBounded) {
  world.server("a", answering());
  connectTo({"a"});
  for (int i = 0; i < 3000; ++i) call("silent");
  world.loop.runFor(1s);
  EXPECT_GE(replies.size(), 1900U);
  EXPECT_THAT(replies[0].status.description, HasSubstr("Too many calls"));
  world.loop.runFor(5s);
  EXPECT_EQ(replies.size(), 3000U);
  EXPECT_EQ(connection->stats()[0].state, ServerState::connected);
}

TEST_F(CallRemote, AServerThatDoesNotReadCostsCallsAndNotItsConnection) {
  world.server("a", answering());
  connectTo({"a"});
  world.server("a").stopReading();
  for (int i = 0; i < 500; ++i) connection->callRemote("tell", {}, {}, {std::string(10'000, 'x')});
  world.loop.runFor(1s);
  EXPECT_GT(countOf(call_failed), 100U);
  EXPECT_LE(connection->stats()[0].queue_bytes, 1100U * 1024U);
  world.server("a").resumeReading();
  world.loop.runFor(1s);
  call("hello");
  world.loop.runFor(1s);
  EXPECT_TRUE(replies.back().ok);
}

TEST_F(CallRemote, Amf3WhereItWasAskedFor) {
  world.server("a", answering());
  ConnectOptions options;
  options.amf3 = true;
  connectTo({"a"}, options);
  EXPECT_EQ(world.server("a").connect_object->numberOr("objectEncoding", 0), 3);
  call("bytes", {}, {AmfValue::ByteArray{{std::byte{1}}}});
  world.loop.runFor(1s);
  ASSERT_EQ(replies.size(), 1U);
  EXPECT_TRUE(replies[0].ok) << replies[0].status.description;
  ASSERT_TRUE(world.server("a").calls[0].arguments[0].byteArray());
}

TEST_F(CallRemote, AReplyMayComeAfterADestructorOnlyAsSilence) {
  world.server("a", answering());
  connectTo({"a"});
  call("silent");
  call("hello");
  connection.reset();
  world.loop.runFor(10s);
  EXPECT_TRUE(replies.empty());
}

class CalledByServer : public CallRemote {
 protected:
  const rtmp::server_event::CallAnswered& answerTo(const std::string& method,
                                                   std::vector<AmfValue> arguments = {}) {
    const std::size_t before = world.server("a").answers.size();
    world.server("a").call(method, std::move(arguments));
    EXPECT_TRUE(world.loop.runUntil([&] { return world.server("a").answers.size() > before; }, 1s)) << method;
    return world.server("a").answers.back();
  }
  static std::string description(const rtmp::server_event::CallAnswered& answer) {
    const AmfObject* info = answer.value.object();
    return info ? std::string(info->stringOr("description", "")) : "";
  }
};

TEST_F(CalledByServer, TheResultIsSentBack) {
  connectTo({"a"});
  connection->on("add", [](const Call& call) {
    return AmfValue(*call.arguments.at(0).number() + *call.arguments.at(1).number());
  });
  const auto& answer = answerTo("add", {2, 3});
  EXPECT_TRUE(answer.ok);
  EXPECT_EQ(answer.value, AmfValue(5));
}

TEST_F(CalledByServer, KnowsWhichServer) {
  connectTo({"a", "b"});
  std::vector<ServerId> callers;
  connection->on("who", [&](const Call& call) {
    callers.push_back(call.server);
    return AmfValue(nullptr);
  });
  world.server("b").call("who", {});
  world.loop.runFor(1s);
  EXPECT_THAT(callers, ElementsAre(second));
}

TEST_F(CalledByServer, WhatNobodyHandlesIsAnError) {
  connectTo({"a"});
  EXPECT_FALSE(answerTo("nothing").ok);
  EXPECT_EQ(description(answerTo("nothing")), "There is no such method.");
  connection->on("something", [](const Call&) { return AmfValue(1); });
  EXPECT_TRUE(answerTo("something").ok);
  connection->on("something", nullptr);
  EXPECT_FALSE(answerTo("something").ok);
}

TEST_F(CalledByServer, AHandlerThatThrowsSaysNothingOfWhy) {
  connectTo({"a"});
  connection->on("boom", [](const Call&) -> AmfValue { throw std::runtime_error("canary"); });
  const auto& answer = answerTo("boom");
  EXPECT_FALSE(answer.ok);
  EXPECT_EQ(description(answer), "The handler failed.");
  EXPECT_EQ(answer.value.object()->stringOr("code", ""), call_failed);
}

TEST_F(CalledByServer, AResultThatCannotBeEncodedIsAnError) {
  connectTo({"a"});
  connection->on("bytes", [](const Call&) { return AmfValue(AmfValue::ByteArray{}); });
  EXPECT_FALSE(answerTo("bytes").ok);
}

TEST_F(CalledByServer, WithoutATransactionNothingIsSentBack) {
  connectTo({"a"});
  int called = 0;
  connection->on("notice", [&](const Call&) { return AmfValue(++called); });
  world.server("a").call("notice", {}, false);
  world.server("a").call("unknown", {}, false);
  world.loop.runFor(1s);
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(world.server("a").answers.empty());
}

TEST_F(CalledByServer, AHandlerMayEndEverything) {
  connectTo({"a"});
  connection->on("bye", [&](const Call&) {
    connection.reset();
    return AmfValue(1);
  });
  world.server("a").call("bye", {});
  world.loop.runFor(1s);
  EXPECT_FALSE(connection);
  EXPECT_EQ(live_links, 0);
}

TEST_F(CalledByServer, AFloodOfCallsIsRefusedBeyondAThousandASecond) {
  connectTo({"a"});
  int called = 0;
  connection->on("flood", [&](const Call&) { return AmfValue(++called); });
  world.loop.settle();
  for (int i = 0; i < 1024; ++i) world.server("a").call("flood", {});
  world.loop.runFor(500ms);
  EXPECT_EQ(called, 1000);
  EXPECT_EQ(world.server("a").answers.size(), 1024U);
}

}  // namespace
}  // namespace multiconn::test
