#include "rtmp/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/client_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace client_event;
using Script = test::ClientScript;
using test::commandIn;
using test::described;
using test::incoming;
using test::onStatus;
using test::publish_request;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ClientConnect, EncoderSaysWhatObsSays) {
  Script script;
  script.add(script.session.connect());
  ASSERT_THAT(described(script.sent), ElementsAre("connect:1"));
  const AmfObject expected{{"app", "live"},
                           {"type", "nonprivate"},
                           {"flashVer", "FMLE/3.0 (compatible; FMSc/1.0)"},
                           {"swfUrl", "rtmp://host/live"},
                           {"tcUrl", "rtmp://host/live"}};
  EXPECT_EQ(*commandIn(script.sent[0]).object.object(), expected);
}

TEST(ClientConnect, PlayerSaysWhatItCanDecode) {
  Script script({"live", "rtmp://host/live", "Test/1", false, {"extra", 5}});
  script.add(script.session.connect());
  const Command connect = commandIn(script.sent[0]);
  EXPECT_EQ(connect.object.object()->stringOr("flashVer", ""), "Test/1");
  EXPECT_EQ(connect.object.object()->find("type"), nullptr);
  EXPECT_NE(connect.object.object()->find("fourCcList")->array(), nullptr);
  EXPECT_EQ(connect.arguments, (std::vector<AmfValue>{"extra", 5}));
}

TEST(ClientConnect, OnlyOnce) {
  Script script;
  script.add(script.session.connect());
  script.add(script.session.connect());
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ClientConnect, NothingIsUnderstoodBeforeIt) {
  Script script;
  script.succeed();
  script.server(incoming("close", 0, {}));
  EXPECT_THAT(script.events, IsEmpty());
  EXPECT_FALSE(script.session.connected());
}

TEST(ClientConnect, Success) {
  Script script;
  script.add(script.session.connect());
  script.server(incoming("_result", 1, {makeInfo("status", "NetConnection.Connect.Success", "yes")}, 0,
                         AmfObject{{"fmsVer", "x"}}));
  ASSERT_EQ(script.saw<Connected>().size(), 1u);
  EXPECT_EQ(script.saw<Connected>()[0].status.description, "yes");
  EXPECT_EQ(script.saw<Connected>()[0].properties.object()->stringOr("fmsVer", ""), "x");
  EXPECT_TRUE(script.session.connected());
  script.succeed();
  EXPECT_EQ(script.events.size(), 1u);
}

TEST(ClientConnect, SuccessWithoutAnyInfo) {
  Script script;
  script.add(script.session.connect());
  script.server(incoming("_result", 1, {}));
  ASSERT_EQ(script.saw<Connected>().size(), 1u);
  EXPECT_EQ(script.saw<Connected>()[0].status.code, "NetConnection.Connect.Success");
}

TEST(ClientConnect, ResultOfAnotherTransactionIsIgnored) {
  Script script;
  script.add(script.session.connect());
  for (const double transaction : {0.0, 2.0, -1.0, 1.5}) script.server(incoming("_result", transaction, {}));
  EXPECT_THAT(script.events, IsEmpty());
}

TEST(ClientConnect, Refused) {
  Script script;
  script.add(script.session.connect(publish_request));
  script.server(incoming("_error", 1, {makeInfo("Error", "NetConnection.Connect.InvalidApp", "no")}));
  ASSERT_EQ(script.events.size(), 1u);
  const auto failed = script.saw<ConnectFailed>()[0];
  EXPECT_EQ(failed.status.code, "NetConnection.Connect.InvalidApp");
  EXPECT_FALSE(failed.redirect);
  script.server(incoming("_result", 4, {1}));
  EXPECT_EQ(script.events.size(), 1u);
  EXPECT_THAT(script.sent, IsEmpty());
}

AmfValue rejection(AmfValue ex) {
  return AmfObject{{"level", "error"}, {"code", "NetConnection.Connect.Rejected"}, {"ex", std::move(ex)}};
}

TEST(ClientConnect, Redirects) {
  const auto redirectFor = [](AmfValue ex) {
    Script script;
    script.add(script.session.connect());
    script.server(incoming("_error", 1, {rejection(std::move(ex))}));
    return script.saw<ConnectFailed>().at(0).redirect;
  };
  EXPECT_EQ(redirectFor(AmfObject{{"code", 302}, {"redirect", "rtmp://b/live"}}), "rtmp://b/live");
  EXPECT_EQ(redirectFor(AmfObject{{"code", "302"}, {"redirect", "rtmp://b/live"}}), "rtmp://b/live");
  EXPECT_EQ(redirectFor(AmfObject{{"redirect", "rtmp://b/live"}}), "rtmp://b/live");
  EXPECT_FALSE(redirectFor(AmfObject{{"code", 302}}));
  EXPECT_FALSE(redirectFor(AmfObject{{"code", 302}, {"redirect", 5}}));
  EXPECT_FALSE(redirectFor("rtmp://b/live"));
}

TEST(ClientConnect, RefusedByAStatus) {
  Script script;
  script.add(script.session.connect());
  script.server(incoming("onStatus", 0, {rejection(AmfObject{{"redirect", "rtmp://b/live"}})}));
  ASSERT_EQ(script.saw<ConnectFailed>().size(), 1u);
  EXPECT_EQ(script.saw<ConnectFailed>()[0].redirect, "rtmp://b/live");
}

// SRS 7.0.18 as the edge of a cluster, on play: on message stream 0, after a connect that succeeded.
TEST(ClientConnect, RedirectAfterSuccessIsAStatus) {
  Script script;
  script.awaitPlay();
  const AmfValue ex = AmfObject{{"code", 302},
                                {"redirect", "rtmp://127.0.0.1:1963/live"},
                                {"redirect2", "rtmp://127.0.0.1:1963/live/here"}};
  script.server(incoming("onStatus", 0, {rejection(ex)}));
  ASSERT_EQ(script.saw<StatusReceived>().size(), 1u);
  const StatusInfo status = script.saw<StatusReceived>()[0].status;
  EXPECT_TRUE(status.isError());
  EXPECT_EQ(*status.info.object()->find("ex"), ex);
}

TEST(ClientCalls, AnsweredByTheSession) {
  Script script;
  script.add(script.session.connect());
  script.succeed();
  script.server(incoming("_onbwcheck", 8, {}));
  ASSERT_THAT(described(script.sent), ElementsAre("_result:8"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{1});
  script.server(incoming("ping", 9, {}));
  EXPECT_THAT(described(script.sent), ElementsAre("pong:9"));
  for (const auto* name : {"onBWDone", "_onbwdone", "onFCPublish", "onFCUnpublish", "onFCSubscribe"}) {
    script.server(incoming(name, 3, {8192}));
    EXPECT_THAT(script.sent, IsEmpty());
  }
  EXPECT_EQ(script.events.size(), 1u);
}

TEST(ClientCalls, OthersAreForTheApplication) {
  Script script;
  script.add(script.session.connect());
  script.succeed();
  script.server(incoming("hello", 12, {"a", 7}));
  ASSERT_EQ(script.saw<Called>().size(), 1u);
  EXPECT_EQ(script.saw<Called>()[0].method, "hello");
  EXPECT_EQ(script.saw<Called>()[0].arguments, (std::vector<AmfValue>{"a", 7}));
  script.add(script.session.result(12, "there"));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:12"));
  script.add(script.session.result(0, "there"));
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ClientCalls, Close) {
  Script script;
  script.startPublish();
  script.server(incoming("close", 0, {}));
  EXPECT_EQ(script.saw<CloseRequested>().size(), 1u);
}

TEST(ClientCalls, ReconnectRequestIsAStatus) {
  Script script;
  script.startPublish();
  script.server(incoming("onStatus", 0,
                         {AmfObject{{"level", "status"},
                                    {"code", "NetConnection.Connect.ReconnectRequest"},
                                    {"tcUrl", "//other/app"}}}));
  ASSERT_EQ(script.saw<StatusReceived>().size(), 1u);
  EXPECT_TRUE(script.session.publishing());
}

}  // namespace
}  // namespace multiconn::rtmp
