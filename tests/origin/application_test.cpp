// What an application decides about clients and their streams.
#include <gmock/gmock.h>

#include "origin/object_events.hpp"
#include "origin/test_application.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(ApplicationTest, IsToldOfEverythingInOrder) {
  serve({});
  {
    const auto publisher = client();
    ASSERT_TRUE(publisher->connect() && publisher->publish("one"));
    const auto player = client();
    ASSERT_TRUE(player->connect() && player->play("one"));
    player->session();
    ASSERT_TRUE(player->command(player->playStreamId(), "closeStream", {}));
    ASSERT_TRUE(notes->wait("stop playing one"));
    ASSERT_TRUE(publisher->unpublish());
    ASSERT_TRUE(notes->wait("unpublish one"));
  }
  server.reset();
  EXPECT_THAT(notes->all(), ElementsAre("start app", "connect", "publish one live", "connect", "play one",
                                        "begins playing one", "stop playing one", "unpublish one",
                                        "disconnect", "disconnect", "stop app"));
}

TEST_F(ApplicationTest, HearsOfAStreamsEndBeforeItsClients) {
  serve({});
  const auto publisher = client();
  ASSERT_TRUE(publisher->connect() && publisher->publish("one"));
  publisher->reset();
  ASSERT_TRUE(notes->wait("disconnect"));
  EXPECT_THAT(notes->all(),
              ElementsAre("start app", "connect", "publish one live", "unpublish one", "disconnect"));
}

TEST_F(ApplicationTest, HearsNothingOfTheEndOfWhatHasNeverPlayed) {
  const TemporaryFolder folder;
  auto options = testOptions();
  options.play_wait = 1ms;
  options.data_dir = folder.path();
  serve({}, options);
  {
    const auto player = client();
    ASSERT_TRUE(player->connect());
    EXPECT_FALSE(player->play("waits")) << "nobody publishes it";
    EXPECT_TRUE(player->waitStatus("NetStream.Play.StreamNotFound"));
    EXPECT_FALSE(player->play("recording", 0));
    EXPECT_TRUE(player->waitStatus("NetStream.Play.StreamNotFound"));
  }
  server.reset();
  EXPECT_THAT(notes->all(),
              ElementsAre("start app", "connect", "play waits", "play recording", "disconnect", "stop app"));
}

TEST_F(ApplicationTest, HearsOfEveryPlaysBeginningAndEndOnce) {
  const TemporaryFolder folder;
  auto options = testOptions();
  options.data_dir = folder.path();
  serve({}, options);
  {
    const auto waiting = client();
    ASSERT_TRUE(waiting->connect() && waiting->requestPlay({.stream = "one"}));
    ASSERT_TRUE(notes->wait("play one"));
    auto publisher = client();
    ASSERT_TRUE(publisher->connect() && publisher->publish("one", "record") && waiting->waitPlaying());
    ASSERT_TRUE(publisher->sendVideo(0, videoFrame(true, 1)) && publisher->unpublish());
    ASSERT_TRUE(publisher->waitStatus("NetStream.Record.Stop"));
    waiting->reset();
    ASSERT_TRUE(notes->wait("stop playing one"));
    const auto player = client();
    ASSERT_TRUE(player->connect() && player->play("one", 0));
    EXPECT_TRUE(eventually([&] {
      const auto all = notes->all();
      return std::count(all.begin(), all.end(), "stop playing one") == 2;
    })) << "a recording is over when it has been played";
    player->reset();
  }
  server.reset();
  const auto all = notes->all();
  EXPECT_EQ(std::count(all.begin(), all.end(), "begins playing one"), 2);
  EXPECT_EQ(std::count(all.begin(), all.end(), "stop playing one"), 2);
}

TEST_F(ApplicationTest, KnowsWhoConnects) {
  Handed<Client> handed;
  Handed<ConnectRequest> request;
  serve({.connect = [&](TestApplication&, const Client& who, const ConnectRequest& what) {
    handed.give(who);
    request.give(what);
    return ConnectDecision::accept();
  }});
  const auto one = client({.app = "app/room?token=x", .amf3 = true, .arguments = {"argument", 7}});
  ASSERT_TRUE(one->connect());
  const auto who = handed.take();
  ASSERT_TRUE(who);
  EXPECT_NE(who->id(), 0U);
  EXPECT_EQ(who->application(), "app/room");
  EXPECT_EQ(who->query(), "token=x");
  EXPECT_EQ(who->agent(), "test");
  EXPECT_THAT(who->address(), HasSubstr("127.0.0.1:"));
  EXPECT_THAT(who->uri(), HasSubstr("rtmp://127.0.0.1"));
  EXPECT_EQ(who->objectEncoding(), 3);
  EXPECT_TRUE(who->connected());
  EXPECT_THAT(request.take()->arguments, ElementsAre(AmfValue("argument"), AmfValue(7)));
  one->reset();
  EXPECT_TRUE(eventually([&] { return !who->connected(); }));
}

TEST_F(ApplicationTest, MayReject) {
  serve({.connect = [](TestApplication&, const Client&, const ConnectRequest&) {
    return ConnectDecision::reject("Not you.", AmfObject{{"why", "because"}});
  }});
  const auto one = client();
  EXPECT_FALSE(one->connect());
  ASSERT_FALSE(one->statuses().empty());
  const auto& status = one->statuses().front();
  EXPECT_EQ(status.code, "NetConnection.Connect.Rejected");
  EXPECT_EQ(status.description, "Not you.");
  EXPECT_EQ(*status.info.object()->find("application"), AmfValue(AmfObject{{"why", "because"}}));
  EXPECT_TRUE(one->waitClosed());
  server.reset();
  EXPECT_THAT(notes->all(), ElementsAre("start app", "connect", "stop app"));
}

TEST_F(ApplicationTest, MayRedirect) {
  serve({.connect = [](TestApplication&, const Client&, const ConnectRequest&) {
    return ConnectDecision::redirect("rtmp://other.example/app");
  }});
  const auto one = client();
  EXPECT_FALSE(one->connect());
  ASSERT_TRUE(one->redirect());
  EXPECT_EQ(one->redirect()->url, "rtmp://other.example/app");
  EXPECT_TRUE(one->waitClosed());
}

TEST_F(ApplicationTest, MayDecideLaterFromAnotherThread) {
  Handed<Client> handed;
  serve({.connect = [&](TestApplication&, Client who, const ConnectRequest&) {
    who.call("hello");  // follows the acceptance
    handed.give(who);
    return ConnectDecision::later();
  }});
  const auto one = client();
  std::thread decider([&] {
    if (auto who = handed.take()) who->accept();
  });
  EXPECT_TRUE(one->connect());
  decider.join();
  const auto call = one->nextCall();
  ASSERT_TRUE(call);
  EXPECT_EQ(call->method, "hello");
  const auto two = client();
  std::thread refuser([&] {
    if (auto who = handed.take()) who->reject("No.");
  });
  EXPECT_FALSE(two->connect());
  refuser.join();
}

TEST_F(ApplicationTest, HearsOfAClientThatLeavesUndecided) {
  serve({.connect = [](TestApplication&, const Client&, const ConnectRequest&) {
    return ConnectDecision::later();
  }});
  const auto one = client();
  ASSERT_TRUE(one->handshake());
  AmfObject object{{"app", "app"}, {"tcUrl", "rtmp://127.0.0.1/app"}};
  ASSERT_TRUE(one->send(rtmp::command(0, "connect", 1, object)));
  ASSERT_TRUE(notes->wait("connect"));
  one->reset();
  EXPECT_TRUE(notes->wait("disconnect"));
}

TEST_F(ApplicationTest, ThatThrowsRefusesAndGoesOn) {
  std::string log;
  std::mutex mutex;
  auto options = testOptions();
  options.log = [&](OriginLogLevel level, const std::string& line) {
    const std::lock_guard lock(mutex);
    if (level == OriginLogLevel::error) log += line + "\n";
  };
  serve({.connect = [](TestApplication&, const Client&, const ConnectRequest& request) -> ConnectDecision {
           if (!request.arguments.empty()) throw std::runtime_error("onConnect is broken");
           return ConnectDecision::accept();
         },
         .publish = [](TestApplication&, const Client&, const StreamRequest&) -> StreamDecision { throw 5; },
         .may_read = [](const Client&, const std::string&) -> bool { throw std::logic_error("no"); }},
        options);
  EXPECT_FALSE(client({.app = "app", .arguments = {1}})->connect());
  const auto one = client();
  ASSERT_TRUE(one->connect());
  EXPECT_FALSE(one->publish("stream"));
  ASSERT_TRUE(one->sendObject("o", {use()}));
  const auto refused = one->nextObject();
  ASSERT_TRUE(refused);
  EXPECT_THAT(refused->events, ElementsAre(refusal("SharedObject.NoReadAccess")));
  server.reset();
  EXPECT_THAT(log, HasSubstr("onConnect is broken"));
  EXPECT_THAT(log, HasSubstr("onPublish failed"));
}

TEST_F(ApplicationTest, MayRefuseStreams) {
  serve({.publish =
             [](TestApplication&, const Client&, const StreamRequest& stream) {
               return stream.query == "key=right" ? StreamDecision::accept()
                                                  : StreamDecision::refuse("Wrong key.");
             },
         .play =
             [](TestApplication&, const Client&, const StreamRequest&) {
               return StreamDecision::refuse({}, "NetStream.Play.StreamNotFound");
             }});
  const auto publisher = client();
  ASSERT_TRUE(publisher->connect());
  EXPECT_FALSE(publisher->publish("one?key=wrong"));
  EXPECT_EQ(publisher->statuses().back().code, "NetStream.Publish.Denied");
  EXPECT_EQ(publisher->statuses().back().description, "Wrong key.");
  EXPECT_TRUE(publisher->publish("one?key=right"));
  const auto player = client();
  ASSERT_TRUE(player->connect());
  EXPECT_FALSE(player->play("one"));
  EXPECT_EQ(player->statuses().back().code, "NetStream.Play.StreamNotFound");
}

TEST_F(ApplicationTest, MayRedirectStreamsAsSrsDoes) {
  const auto elsewhere = [](TestApplication&, const Client&, const StreamRequest&) {
    return StreamDecision::redirect("rtmp://other.example/live");
  };
  serve({.publish = elsewhere, .play = elsewhere});
  const auto one = client();
  ASSERT_TRUE(one->connect());
  ASSERT_TRUE(one->send(rtmp::command(0, "createStream", 2, nullptr)) && one->waitReply(2));
  ASSERT_TRUE(one->send(rtmp::command(1, "play", 3, nullptr, {"here"})));
  ASSERT_TRUE(one->waitRedirect());
  EXPECT_EQ(one->redirect()->url, "rtmp://other.example/live");
  EXPECT_EQ(one->redirect()->full_url, "rtmp://other.example/live/here");
}

TEST_F(ApplicationTest, AsksAClientToReconnect) {
  serve({.connect =
             [](TestApplication&, Client who, const ConnectRequest&) {
               who.accept();
               return ConnectDecision::later();
             },
         .publish =
             [](TestApplication&, const Client& who, const StreamRequest&) {
               Client(who).requestReconnect("rtmp://other.example/app", "Maintenance.");
               return StreamDecision::accept();
             }});
  const auto one = client();
  ASSERT_TRUE(one->connect() && one->publish("stream"));
  EXPECT_EQ(one->waitReconnectRequest(), "rtmp://other.example/app");
}

TEST_F(ApplicationTest, DisconnectsAClient) {
  serve({.publish = [](TestApplication&, const Client& who, const StreamRequest&) {
    Client(who).disconnect();
    return StreamDecision::accept();
  }});
  const auto one = client();
  ASSERT_TRUE(one->connect());
  one->publish("stream");
  EXPECT_TRUE(one->waitClosed());
  EXPECT_TRUE(notes->wait("disconnect"));
}

TEST_F(ApplicationTest, ListsItsClientsAndStreams) {
  Handed<std::vector<StreamInfo>> streams;
  Handed<std::size_t> clients;
  serve({.set_up = [&](TestApplication& application) {
    application.method("look", [&](const Client&, const Application::Arguments&) {
      streams.give(application.streams());
      clients.give(application.clients().size());
      return AmfValue(nullptr);
    });
  }});
  const auto publisher = client();
  ASSERT_TRUE(publisher->connect() && publisher->publish("one"));
  const auto elsewhere = client({.app = "app/room"});
  ASSERT_TRUE(elsewhere->connect() && elsewhere->publish("two"));
  const auto player = client();
  ASSERT_TRUE(player->connect() && player->play("one") && player->call("look"));
  const auto seen = streams.take();
  ASSERT_TRUE(seen && seen->size() == 1);
  EXPECT_EQ(seen->front().name, "one");
  EXPECT_TRUE(seen->front().published);
  EXPECT_EQ(seen->front().players, 1U);
  EXPECT_EQ(clients.take(), 2U);
}

TEST_F(ApplicationTest, InstancesLiveAndDieByThemselves) {
  auto options = testOptions();
  options.application_idle = 20ms;
  serve({}, options);
  const auto one = client({.app = "app/one"});
  const auto two = client({.app = "app/two"});
  ASSERT_TRUE(one->connect() && two->connect());
  one->reset();
  ASSERT_TRUE(notes->wait("stop app/one"));
  EXPECT_THAT(notes->all(), testing::Not(Contains("stop app/two")));
  const auto again = client({.app = "app/one"});
  EXPECT_TRUE(again->connect());
}

TEST_F(ApplicationTest, OthersAreNotServedBesideIt) {
  serve({});
  EXPECT_FALSE(client({.app = "live"})->connect());
  auto options = testOptions();
  options.applications = {"live", "only/this"};
  serve({}, options);
  EXPECT_TRUE(client({.app = "live/any"})->connect());
  EXPECT_TRUE(client({.app = "only/this"})->connect());
  EXPECT_FALSE(client({.app = "only/that"})->connect());
  EXPECT_TRUE(client()->connect());
}

TEST_F(ApplicationTest, TheMostExactFactoryWins) {
  auto options = testOptions();
  const auto factory = [this](const std::string& name) -> ApplicationFactory {
    return [name, notes = notes](const std::string&) {
      notes->add("made by " + name);
      return std::make_unique<TestApplication>(TestApplication::Callbacks{}, notes);
    };
  };
  options.application_factories = {
      {"chat", factory("chat")}, {"chat/vip", factory("chat/vip")}, {"", factory("")}};
  server = std::make_unique<OriginServer>(options);
  for (const auto& [app, by] :
       std::map<std::string, std::string>{{"chat/any", "chat"}, {"chat/vip", "chat/vip"}, {"else", ""}}) {
    ASSERT_TRUE(client({.app = app})->connect());
    EXPECT_TRUE(notes->wait("made by " + by));
  }
}

TEST_F(ApplicationTest, ThatCannotBeMadeRefusesItsClients) {
  auto options = testOptions();
  options.application_factories["null"] = [](const std::string&) { return nullptr; };
  options.application_factories["throws"] = [](const std::string&) -> std::unique_ptr<Application> {
    throw std::runtime_error("no");
  };
  server = std::make_unique<OriginServer>(options);
  for (const char* app : {"null", "throws"}) {
    const auto one = client({.app = app});
    EXPECT_FALSE(one->connect());
    EXPECT_EQ(one->statuses().front().code, "NetConnection.Connect.Rejected");
  }
}

TEST_F(ApplicationTest, MethodsCannotTakeRtmpsOwnNames) {
  struct Bad : Application {
    explicit Bad(const std::string& name) {
      method(name, [](const Client&, const Arguments&) { return AmfValue(); });
    }
  };
  for (const char* name : {"", "publish", "connect", "_result", "createStream", "onStatus"}) {
    EXPECT_THROW(Bad{name}, std::invalid_argument) << name;
  }
  EXPECT_NO_THROW(Bad{"vote.count"});
}

TEST(ClientHandle, ThatNamesNobodyDoesNothing) {
  Client nobody;
  EXPECT_EQ(nobody.id(), 0U);
  EXPECT_EQ(nobody.address(), "");
  EXPECT_FALSE(nobody.connected());
  nobody.accept();
  nobody.call("method", {}, [](const ClientReply&) { FAIL(); });
  nobody.disconnect();
  const Responder responder;
  responder.result(1);
}

}  // namespace
}  // namespace multiconn::test
