// Calls in both directions, over each engine.
#include <set>
#include <stdexcept>

#include "librtmp/engines/engine_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using Arguments = Application::Arguments;

constexpr const char* call_failed = "NetConnection.Call.Failed";

AmfValue firstOf(const Arguments& arguments) {
  return arguments.empty() ? AmfValue() : arguments[0];
}

/// echo, fail, never and leave; "ask" calls the client's method `arguments[0]` with the rest, and answers
/// what that answered, or its failure's description.
void prepare(TestApplication& application) {
  application.method("echo", [](const Client&, const Arguments& arguments) { return firstOf(arguments); });
  application.method(
      "fail", [](const Client&, const Arguments&) -> AmfValue { throw std::runtime_error("it is Sunday"); });
  application.deferredMethod("never", [held = std::make_shared<std::vector<Responder>>()](
                                          const Client&, const Arguments&, Responder responder) {
    held->push_back(std::move(responder));
  });
  application.method("leave", [](Client client, const Arguments&) {
    client.disconnect();
    return AmfValue();
  });
  application.deferredMethod("ask", [](Client client, Arguments arguments, Responder responder) {
    const std::string method = *arguments.front().string();
    arguments.erase(arguments.begin());
    client.call(method, std::move(arguments), [responder](const ClientReply& reply) {
      reply.ok ? responder.result(reply.value) : responder.fail(reply.description);
    });
  });
}

class EngineCalls : public EngineTest {
 protected:
  void SetUp() override { serve({.set_up = prepare}); }
  static void expectFailure(const std::optional<Reply>& reply, const std::string& description) {
    ASSERT_TRUE(reply);
    EXPECT_FALSE(reply->ok);
    EXPECT_EQ(reply->status.code, call_failed);
    EXPECT_EQ(reply->status.level, "error");
    EXPECT_THAT(reply->status.description, HasSubstr(description));
  }
  /// Each of the answers has come once, as this function of its number.
  static void expectEach(const std::vector<Reply>& replies, std::size_t count,
                         const std::function<AmfObject(std::size_t)>& answer) {
    ASSERT_EQ(replies.size(), count);
    std::set<double> numbers;
    for (const Reply& reply : replies) {
      ASSERT_TRUE(reply.ok) << reply.status.description;
      const double number = reply.value.object()->numberOr("number", -1);
      EXPECT_EQ(reply.value, AmfValue(answer(static_cast<std::size_t>(number))));
      numbers.insert(number);
    }
    EXPECT_EQ(numbers.size(), count);
  }
};

TEST_P(EngineCalls, BringBackWhatTheMethodReturns) {
  Viewer viewer;
  join(viewer);
  const std::vector<AmfValue> values{nullptr,
                                     true,
                                     -1.5,
                                     "text",
                                     AmfArray{1, AmfArray{"deep"}},
                                     AmfObject::ecmaArray({{"a", 1}}),
                                     AmfObject{{"when", AmfValue::Date{1e12, 0}}},
                                     AmfValue::Xml{"<a/>"}};
  for (const AmfValue& value : values) {
    const auto reply = viewer.call("echo", {value});
    ASSERT_TRUE(reply && reply->ok);
    EXPECT_EQ(reply->value, value);
    EXPECT_EQ(reply->server, ServerId{0});
  }
}

TEST_P(EngineCalls, FailAsTheServerSays) {
  Viewer viewer;
  join(viewer);
  expectFailure(viewer.call("fail"), "it is Sunday");
  expectFailure(viewer.call("nothing.like.that"), "There is no such method.");
  expectFailure(viewer.call("publish"), "");
  EXPECT_TRUE(viewer.call("echo")->ok) << "the connection goes on";
}

TEST_P(EngineCalls, ThatAreNeverAnsweredEndByTheTimeOut) {
  ConnectOptions options;
  options.call_timeout = 100ms;
  Viewer viewer(options);
  join(viewer);
  const auto reply = viewer.call("never");
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->status.code, "NetConnection.Call.TimedOut");
  EXPECT_TRUE(viewer.connection.stats()[0].state == ServerState::connected);
}

TEST_P(EngineCalls, ThatWaitWhenTheConnectionEndsFail) {
  Viewer viewer;
  join(viewer);
  const auto replies = std::make_shared<Gathered<Reply>>();
  for (const char* method : {"never", "never", "leave"})
    viewer.connection.callRemote(method, [replies](const Reply& reply) { replies->add(reply); });
  ASSERT_TRUE(replies->waitFor([](const std::vector<Reply>& all) {
    return std::count_if(all.begin(), all.end(), [](const Reply& reply) {
             return reply.status.code == "NetConnection.Call.Closed";
           }) >= 2;
  }));
  EXPECT_TRUE(viewer.waitStatus("NetConnection.Connect.Closed"));
}

TEST_P(EngineCalls, OfTheServerReachHandlersAndBringBackTheirResults) {
  Viewer viewer;
  viewer.connection.on("twice",
                       [](const Call& call) { return AmfValue(2 * *call.arguments.at(0).number()); });
  viewer.connection.on("refuse", [](const Call&) -> AmfValue { throw std::runtime_error("not today"); });
  join(viewer);
  const auto reply = viewer.call("ask", {"twice", 21});
  ASSERT_TRUE(reply && reply->ok);
  EXPECT_EQ(reply->value, AmfValue(42));
  expectFailure(viewer.call("ask", {"refuse"}), "The handler failed.");
  expectFailure(viewer.call("ask", {"unheard.of"}), "");
}

TEST_P(EngineCalls, OfManyChunksBothWays) {
  Viewer viewer;
  viewer.connection.on("same", [](const Call& call) { return call.arguments.at(0); });
  join(viewer);
  AmfObject large;
  for (int i = 0; i < 2'000; ++i)
    large.append("property" + std::to_string(i), AmfArray{i, longText(60, static_cast<std::size_t>(i))});
  for (const AmfValue& value : {AmfValue(longText(900'000)), AmfValue(large)}) {
    const auto there = viewer.call("echo", {value});
    ASSERT_TRUE(there && there->ok);
    EXPECT_EQ(there->value, value);
    const auto back = viewer.call("ask", {"same", value});
    ASSERT_TRUE(back && back->ok);
    EXPECT_EQ(back->value, value);
  }
}

TEST_P(EngineCalls, InAmf3) {
  ConnectOptions options;
  options.amf3 = true;
  Viewer viewer(options);
  viewer.connection.on("same", [](const Call& call) { return call.arguments.at(0); });
  join(viewer);
  AmfValue::Dictionary dictionary;
  dictionary.keys = {AmfArray{1}, "two"};
  dictionary.values = {AmfValue::ByteArray{std::vector<std::byte>(100'000, std::byte{7})}, 2};
  for (const char* method : {"echo", "ask"}) {
    std::vector<AmfValue> arguments{dictionary};
    if (method == std::string("ask")) arguments.insert(arguments.begin(), "same");
    const auto reply = viewer.call(method, arguments);
    ASSERT_TRUE(reply && reply->ok) << method;
    EXPECT_EQ(reply->value, AmfValue(dictionary)) << method;
  }
}

// Every fifth question has several chunks, which makes 840 kB: more than 1 MiB may not wait on either side.
TEST_P(EngineCalls, ManyAtOnceInBothDirections) {
  constexpr std::size_t calls = 60;
  Viewer viewer;
  viewer.connection.on("measure", [](const Call& call) {
    const AmfObject& question = *call.arguments.at(0).object();
    return AmfObject{{"number", question.numberOr("number", -1)},
                     {"size", question.stringOr("text", "").size()}};
  });
  join(viewer);
  const auto size = [](std::size_t i) { return i % 5 == 0 ? 70'000 + i : i; };
  const auto question = [&](std::size_t i) {
    return AmfObject{{"number", i}, {"text", longText(size(i), i)}};
  };
  const auto echoes =
      viewer.callMany("echo", calls, [&](std::size_t i) { return std::vector<AmfValue>{question(i)}; });
  expectEach(echoes, calls, question);
  const auto measured = viewer.callMany("ask", calls, [&](std::size_t i) {
    return std::vector<AmfValue>{"measure", question(i)};
  });
  expectEach(measured, calls, [&](std::size_t i) { return AmfObject{{"number", i}, {"size", size(i)}}; });
}

TEST_P(EngineCalls, BesideAStreamAndASharedObject) {
  Viewer viewer;
  viewer.connection.on("length", [](const Call& call) { return call.arguments.at(0).string()->size(); });
  viewer.stream.publish("key");
  join(viewer);
  ASSERT_TRUE(viewer.waitStatus("NetStream.Publish.Start"));
  const auto player = client();
  ASSERT_TRUE(player->connect() && player->play("key"));
  Viewer other;
  join(other);
  Held held(viewer), seen(other);
  ASSERT_TRUE(held.waitJoined() && seen.waitJoined());
  constexpr std::uint32_t pictures = 100;
  for (std::uint32_t i = 0; i < pictures; i += 10) {
    viewer.writePictures(i, 10, 100'000);
    held.object.set("slide", longText(65'000 + i));
    held.object.flush();
    const auto echo = viewer.call("echo", {longText(80'000, i)});
    ASSERT_TRUE(echo && echo->ok);
    EXPECT_EQ(echo->value, AmfValue(longText(80'000, i)));
    const auto length = viewer.call("ask", {"length", longText(80'000, i)});
    ASSERT_TRUE(length && length->ok);
    EXPECT_EQ(length->value, AmfValue(80'000));
  }
  EXPECT_TRUE(seen.waitValue("slide", AmfValue(longText(65'000 + pictures - 10))));
  for (std::uint32_t i = 0; i <= pictures; ++i) {
    const auto frame = nextFrame(*player);
    ASSERT_TRUE(frame) << i;
    EXPECT_EQ(bodyOf(*frame).size() > 100'000, i > 0) << "the record, then pictures";
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, EngineCalls, bothEngines(), engineName);

}  // namespace
}  // namespace multiconn::test
