// Applications that throw wherever they are called: they are told no, or fail a call; the server goes on.
#include <gmock/gmock.h>

#include "origin/object_events.hpp"
#include "origin/test_application.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;

class Throwing : public ApplicationTest {
 protected:
  ~Throwing() override { server.reset(); }  // while there is a log still
  OriginOptions options() {
    auto options = testOptions();
    options.application_idle = 0ms;
    options.call_timeout = 20ms;
    options.log = [this](OriginLogLevel level, const std::string& line) {
      const std::lock_guard lock(mutex);
      if (level >= OriginLogLevel::warning) lines.push_back(line);
      logged.notify_all();
    };
    return options;
  }
  bool waitLogged(const std::string& text) {
    std::unique_lock lock(mutex);
    return logged.wait_for(lock, RawClient::default_wait, [&] {
      return std::any_of(lines.begin(), lines.end(),
                         [&](const std::string& line) { return line.find(text) != std::string::npos; });
    });
  }
  std::size_t countLogged() {
    const std::lock_guard lock(mutex);
    return lines.size();
  }
  static void broken(const std::string& what) { throw std::runtime_error(what + " is\nbroken"); }

  std::mutex mutex;
  std::condition_variable logged;
  std::vector<std::string> lines;
};

TEST_F(Throwing, EveryCallback) {
  serve({.noted =
             [](const std::string& what) {
               // What decides about clients is let pass, else the rest would never be called.
               for (const char* kept : {"connect", "publish", "play "}) {
                 if (what.starts_with(kept)) return;
               }
               broken(what);
             }},
        options());
  const auto publisher = client();
  ASSERT_TRUE(publisher->connect() && publisher->publish("one"));
  const auto player = client();
  ASSERT_TRUE(player->connect() && player->play("one"));
  EXPECT_TRUE(publisher->unpublish());
  player->reset();
  publisher->reset();
  for (const char* callback : {"onAppStart failed: start app is?broken", "onPlayStart failed: begins playing",
                               "onUnpublish failed: unpublish one", "onStop failed: stop playing one",
                               "onDisconnect failed: disconnect is?broken", "onAppStop failed: stop app"}) {
    EXPECT_TRUE(waitLogged(callback)) << callback;
  }
  EXPECT_TRUE(client()->connect()) << "the next instance";
}

TEST_F(Throwing, EveryDecisionMeansNo) {
  const auto no = [](const auto&...) -> StreamDecision { throw std::string("no exception at all"); };
  serve(
      {.publish = no,
       .play = no,
       .may_read = [](const Client&, const std::string& name) { return name != "closed" || (throw 1, true); },
       .may_write = [](const Client&, const std::string&, const std::string&) -> bool { throw 2; }},
      options());
  const auto one = client();
  ASSERT_TRUE(one->connect());
  EXPECT_FALSE(one->publish("one"));
  EXPECT_EQ(one->statuses().back().code, "NetStream.Publish.Denied");
  const auto two = client();
  ASSERT_TRUE(two->connect());
  EXPECT_FALSE(two->play("one"));
  EXPECT_EQ(two->statuses().back().code, "NetStream.Play.Failed");
  ASSERT_TRUE(one->sendObject("closed", {use()}));
  EXPECT_THAT(one->nextObject()->events, Contains(refusal("SharedObject.NoReadAccess")));
  ASSERT_TRUE(one->sendObject("o", {use()}) && one->nextObject());
  ASSERT_TRUE(one->sendObject("o", {set("a", 1), message({"say"})}));
  EXPECT_THAT(one->nextObject()->events, Contains(refusal("SharedObject.NoWriteAccess")));
  for (const char* callback : {"onPublish", "onPlay", "mayRead", "mayWrite"}) {
    EXPECT_TRUE(waitLogged(std::string(callback) + " failed: it threw what says nothing")) << callback;
  }
}

TEST_F(Throwing, MethodsFailTheirCallsAndAreLogged) {
  serve({.set_up =
             [](TestApplication& application) {
               application.method("now", [](const Client&, const Application::Arguments&) -> AmfValue {
                 throw std::runtime_error("it is Sunday");
               });
               application.deferredMethod(
                   "later", [](const Client&, const Application::Arguments&, const Responder& responder) {
                     const Responder kept = responder;
                     throw std::runtime_error("after all");
                   });
               application.method("answered",
                                  [](const Client&, const Application::Arguments&) { return AmfValue(1); });
             }},
        options());
  const auto one = client();
  ASSERT_TRUE(one->connect());
  for (const auto& [method, why] :
       std::map<std::string, std::string>{{"now", "it is Sunday"}, {"later", "after all"}}) {
    const auto answer = one->call(method);
    ASSERT_TRUE(answer && !answer->ok && answer->value.object());
    EXPECT_EQ(answer->value.object()->stringOr("code", {}), "NetConnection.Call.Failed");
    EXPECT_EQ(answer->value.object()->stringOr("description", {}), why);
    EXPECT_TRUE(waitLogged("application app: method " + method + " failed: " + why));
  }
  for (int i = 0; i < 250; ++i) ASSERT_TRUE(one->startCall("now"));
  EXPECT_TRUE(one->call("answered")->ok);
  EXPECT_LT(countLogged(), 125U) << "whoever calls again and again does not fill the log";
}

TEST_F(Throwing, CallbacksOfRepliesObjectsAndTimers) {
  const TemporaryFolder folder;
  auto options = this->options();
  options.data_dir = folder.path();
  HostedObject object;
  serve({.set_up =
             [](TestApplication& application) {
               application.method("provoke", [&](const Client& who, const Application::Arguments&) {
                 Client(who).call("answers", {}, [](const ClientReply&) { broken("reply"); });
                 Client(who).call("is silent", {}, [](const ClientReply&) { broken("time-out"); });
                 Client(who).call("bad", {AmfValue::Reference{0}},
                                  [](const ClientReply&) { broken("unsendable"); });
                 return AmfValue(true);
               });
             },
         .start =
             [&object](TestApplication& application) {
               object = application.sharedObject("o", true);
               object.onSync([](std::span<const HostedChange>) { broken("onSync"); });
               object.flush([](const std::string&) { broken("flush"); });
             }},
        options);
  const auto one = client();
  ASSERT_TRUE(one->connect() && one->sendObject("o", {use()}, true) && one->nextObject());
  ASSERT_TRUE(one->sendObject("o", {set("a", 1)}, true) && one->nextObject());
  ASSERT_TRUE(one->startCall("provoke"));
  const auto call = one->nextCall();
  ASSERT_TRUE(call && one->answer(*call, 1));
  for (const char* what : {"reply is?broken", "time-out is?broken", "unsendable is?broken"}) {
    EXPECT_TRUE(waitLogged("a reply's callback failed: " + std::string(what))) << what;
  }
  for (const char* what : {"onSync is?broken", "flush is?broken"}) {
    EXPECT_TRUE(waitLogged("shared object app o: a callback of the application failed: " + std::string(what)))
        << what;
  }
  EXPECT_TRUE(client()->connect());
  server.reset();
}

TEST_F(Throwing, ALogThatThrowsEndsNothing) {
  auto options = testOptions();
  options.log = [](OriginLogLevel, const std::string&) { throw std::runtime_error("no room for logs"); };
  serve({}, options);
  const auto one = client();
  EXPECT_TRUE(one->connect() && one->publish("one"));
}

}  // namespace
}  // namespace multiconn::test
