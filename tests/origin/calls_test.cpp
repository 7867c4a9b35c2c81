// Calls in both directions.
#include <gmock/gmock.h>

#include <thread>

#include "origin/test_application.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class Calls : public ApplicationTest {
 protected:
  static std::string failure(const rtmp::client_event::CallAnswered& answer) {
    const AmfObject* info = answer.value.object();
    if (answer.ok || !info) return "no failure";
    EXPECT_EQ(info->stringOr("code", {}), "NetConnection.Call.Failed");
    EXPECT_EQ(info->stringOr("level", {}), "error");
    return std::string(info->stringOr("description", {}));
  }
};

TEST_F(Calls, ReachTheBuiltInApplication) {
  server = std::make_unique<OriginServer>(testOptions());
  const auto one = client({.app = "live"});
  ASSERT_TRUE(one->connect());
  const auto answer = one->call("echo", {AmfObject{{"a", 1}}});
  ASSERT_TRUE(answer && answer->ok);
  EXPECT_EQ(answer->value, AmfValue(AmfObject{{"a", 1}}));
  const auto unknown = one->call("nothing.like.that", {});
  ASSERT_TRUE(unknown);
  EXPECT_EQ(failure(*unknown), "There is no such method.");
}

TEST_F(Calls, ReachMethodsAndBringBackResultsAndFailures) {
  serve({.set_up = [](TestApplication& application) {
    application.method("add", [](const Client&, const Application::Arguments& arguments) {
      double sum = 0;
      for (const AmfValue& value : arguments) sum += value.number() ? *value.number() : 0;
      return AmfValue(sum);
    });
    application.method("fail", [](const Client&, const Application::Arguments&) -> AmfValue {
      throw std::runtime_error("it is Sunday");
    });
    application.method("fail.oddly",
                       [](const Client&, const Application::Arguments&) -> AmfValue { throw 1; });
    application.method("unsendable", [](const Client&, const Application::Arguments&) {
      return AmfValue(AmfValue::Reference{0});
    });
    application.method("id",
                       [](const Client& who, const Application::Arguments&) { return AmfValue(who.id()); });
  }});
  const auto one = client();
  const auto two = client();
  ASSERT_TRUE(one->connect() && two->connect());
  EXPECT_EQ(one->call("add", {1, 2, 3.5})->value, AmfValue(6.5));
  EXPECT_EQ(failure(*one->call("fail")), "it is Sunday");
  EXPECT_EQ(failure(*one->call("fail.oddly")), "The method failed.");
  EXPECT_EQ(failure(*one->call("unsendable")), "The result cannot be sent.");
  EXPECT_NE(one->call("id")->value, two->call("id")->value);
  EXPECT_TRUE(one->send(rtmp::command(0, "add", 0, nullptr, {1}))) << "wants no answer, gets none";
  EXPECT_TRUE(one->call("add"));
}

TEST_F(Calls, MayBeAnsweredLaterFromAnotherThread) {
  Handed<Responder> handed;
  serve({.set_up = [&](TestApplication& application) {
    application.deferredMethod("slow", [&](const Client&, const Application::Arguments&,
                                           Responder responder) { handed.give(std::move(responder)); });
    application.deferredMethod("forgotten", [](const Client&, const Application::Arguments&, Responder) {});
  }});
  const auto one = client();
  ASSERT_TRUE(one->connect());
  const auto slow = one->startCall("slow");
  ASSERT_TRUE(slow);
  EXPECT_EQ(failure(*one->call("forgotten")), "The method gave no answer.");
  std::thread answering([&] {
    if (const auto responder = handed.take()) {
      responder->result("late");
      responder->result("twice");
      responder->fail("thrice");
    }
  });
  EXPECT_EQ(one->waitAnswer(*slow)->value, AmfValue("late"));
  answering.join();
  ASSERT_TRUE(one->startCall("slow"));
  const auto last = handed.take();
  ASSERT_TRUE(last);
  server.reset();
  last->result("to nobody");
}

TEST_F(Calls, TooManyThatWaitAreRefused) {
  std::vector<Responder> kept;
  auto options = testOptions();
  options.quotas.client_calls = 2;
  serve({.set_up =
             [&](TestApplication& application) {
               application.deferredMethod(
                   "slow", [&](const Client&, const Application::Arguments&, Responder responder) {
                     kept.push_back(std::move(responder));
                   });
               application.method("release", [&](const Client&, const Application::Arguments&) {
                 for (const Responder& responder : kept) responder.result(1);
                 kept.clear();
                 return AmfValue(true);
               });
             }},
        options);
  const auto one = client();
  const auto other = client();
  ASSERT_TRUE(one->connect() && other->connect() && one->startCall("slow") && one->startCall("slow"));
  EXPECT_THAT(failure(*one->call("slow")), HasSubstr("Too many"));
  ASSERT_TRUE(other->call("release")->ok) << "each client has its own";
  EXPECT_TRUE(one->startCall("slow"));
  EXPECT_TRUE(one->call("release")->ok);
}

TEST_F(Calls, ToAClientBringBackItsReply) {
  Handed<ClientReply> replied;
  serve({.set_up = [&](TestApplication& application) {
    application.method("callMe", [&](const Client& who, const Application::Arguments& arguments) {
      Client(who).call("question", arguments, [&](const ClientReply& reply) { replied.give(reply); });
      return AmfValue(nullptr);
    });
  }});
  const auto one = client();
  ASSERT_TRUE(one->connect() && one->startCall("callMe", {1, "two"}));
  auto call = one->nextCall();
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "question");
  EXPECT_THAT(call->arguments, ElementsAre(AmfValue(1), AmfValue("two")));
  ASSERT_TRUE(one->answer(*call, "answer"));
  auto reply = replied.take();
  ASSERT_TRUE(reply);
  EXPECT_TRUE(reply->ok);
  EXPECT_EQ(reply->value, AmfValue("answer"));

  ASSERT_TRUE(one->startCall("callMe"));
  call = one->nextCall();
  ASSERT_TRUE(call && one->fail(*call, "I do not know."));
  reply = replied.take();
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->ok);
  EXPECT_EQ(reply->description, "I do not know.");

  ASSERT_TRUE(one->startCall("callMe") && one->nextCall());
  one->reset();
  reply = replied.take();
  ASSERT_TRUE(reply);
  EXPECT_FALSE(reply->ok);
  EXPECT_THAT(reply->description, HasSubstr("ended"));
}

TEST_F(Calls, ToAClientEndByTheirTimeOut) {
  Handed<ClientReply> replied;
  auto options = testOptions();
  options.call_timeout = 30ms;
  Handed<Client> handed;
  serve({.connect =
             [&](TestApplication&, const Client& who, const ConnectRequest&) {
               handed.give(who);
               return ConnectDecision::accept();
             }},
        options);
  const auto one = client();
  ASSERT_TRUE(one->connect());
  auto who = handed.take();
  ASSERT_TRUE(who);
  who->call("question", {}, [&](const ClientReply& reply) { replied.give(reply); });
  const auto call = one->nextCall();
  const auto reply = replied.take();
  ASSERT_TRUE(call && reply);
  EXPECT_FALSE(reply->ok);
  EXPECT_THAT(reply->description, HasSubstr("in time"));
  EXPECT_TRUE(one->answer(*call, "too late"));
  who->call("bad", {AmfValue::Reference{1}}, [&](const ClientReply& bad) { replied.give(bad); });
  EXPECT_FALSE(replied.take()->ok);
  server.reset();
  who->call("question", {}, [](const ClientReply&) { ADD_FAILURE(); });
  EXPECT_FALSE(who->connected());
}

TEST_F(Calls, MayGoToEverybody) {
  serve({.set_up = [](TestApplication& application) {
    application.method("say", [&](const Client&, const Application::Arguments& arguments) {
      application.broadcast("said", arguments);
      return AmfValue(nullptr);
    });
  }});
  const auto one = client();
  const auto two = client();
  const auto elsewhere = client({.app = "app/room"});
  ASSERT_TRUE(one->connect() && two->connect() && elsewhere->connect());
  ASSERT_TRUE(one->call("say", {"hello"}));
  for (RtmpTestClient* each : {one.get(), two.get()}) {
    const auto call = each->nextCall();
    ASSERT_TRUE(call);
    EXPECT_EQ(call->method, "said");
    EXPECT_EQ(call->transaction, 0);
  }
  ASSERT_TRUE(elsewhere->call("say"));
  const auto own = elsewhere->nextCall();
  ASSERT_TRUE(own);
  EXPECT_TRUE(own->arguments.empty());
}

}  // namespace
}  // namespace multiconn::test
