#include "rtmp/client_session.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/client_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace client_words;

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

TEST(ClientConnect, PromisesToReconnectOnlyWhenItDoes) {
  ConnectRequest request;
  request.follows_redirects = true;
  Script script(request);
  script.add(script.session.connect());
  EXPECT_EQ(commandIn(script.sent[0]).object.object()->numberOr("capsEx", 0), 1);
}

TEST(ClientConnect, PlayerSaysWhatItCanDecode) {
  Script script(ConnectRequest{"live", "rtmp://host/live", "Test/1", false, {"extra", 5}});
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

std::string redirectFor(AmfValue ex) {
  Script script;
  script.add(script.session.connect());
  script.server(incoming("_error", 1, {rejection(std::move(ex))}));
  const auto redirect = script.saw<ConnectFailed>().at(0).redirect;
  return redirect ? redirect->url + " " + redirect->full_url : "none";
}

TEST(ClientConnect, Redirects) {
  const auto* url = "rtmp://b/live";
  EXPECT_EQ(redirectFor(AmfObject{{"code", 302}, {"redirect", url}}), "rtmp://b/live ");
  EXPECT_EQ(redirectFor(AmfObject{{"code", "302"}, {"redirect", url}}), "rtmp://b/live ");
  EXPECT_EQ(redirectFor(AmfObject{{"redirect", url}}), "rtmp://b/live ");
  EXPECT_EQ(redirectFor(AmfObject{{"redirect", url}, {"redirect2", "rtmp://b/live/key"}}),
            "rtmp://b/live rtmp://b/live/key");
  EXPECT_EQ(redirectFor(AmfObject{{"code", 302}}), "none");
  EXPECT_EQ(redirectFor(AmfObject{{"code", 302}, {"redirect", 5}}), "none");
  EXPECT_EQ(redirectFor(url), "none");
}

TEST(ClientConnect, RefusedByAStatus) {
  Script script;
  script.add(script.session.connect());
  script.server(incoming("onStatus", 0, {rejection(AmfObject{{"redirect", "rtmp://b/live"}})}));
  ASSERT_EQ(script.saw<ConnectFailed>().size(), 1u);
  EXPECT_EQ(script.saw<ConnectFailed>()[0].redirect->url, "rtmp://b/live");
}

// SRS 7.0.18 as the edge of a cluster, on play: on message stream 0, after a connect that succeeded.
TEST(ClientRedirect, AfterSuccess) {
  Script script;
  script.awaitPlay();
  const AmfValue ex = AmfObject{{"code", 302},
                                {"redirect", "rtmp://127.0.0.1:1963/live"},
                                {"redirect2", "rtmp://127.0.0.1:1963/live/here"}};
  script.server(incoming("onStatus", 0, {rejection(ex)}));
  ASSERT_EQ(script.saw<Redirected>().size(), 1u);
  const Redirected redirected = script.saw<Redirected>()[0];
  EXPECT_TRUE(redirected.status.isError());
  EXPECT_EQ(redirected.redirect.url, "rtmp://127.0.0.1:1963/live");
  EXPECT_EQ(redirected.redirect.full_url, "rtmp://127.0.0.1:1963/live/here");
  EXPECT_THAT(script.saw<StatusReceived>(), IsEmpty());
}

TEST(ClientRedirect, OfAPublishThatWaits) {
  Script script;
  script.awaitPublish();
  script.server(incoming("onStatus", 0, {rejection(AmfObject{{"redirect", "rtmp://b/live"}})}, 1));
  EXPECT_EQ(script.saw<Redirected>().size(), 1u);
  EXPECT_THAT(script.saw<PublishFailed>(), IsEmpty());
}

TEST(ClientRedirect, ARejectionThatNamesNoServerIsAStatus) {
  Script script;
  script.connected();
  script.server(incoming("onStatus", 0, {rejection({})}));
  EXPECT_EQ(script.saw<StatusReceived>().size(), 1u);
}

// Enhanced RTMP v2, "Reconnect Request".
TEST(ClientRedirect, ReconnectRequest) {
  const auto request = [](AmfObject details) {
    details.set("level", "status");
    details.set("code", "NetConnection.Connect.ReconnectRequest");
    return incoming("onStatus", 0, {std::move(details)});
  };
  Script script;
  script.startPublish();
  script.server(request({{"tcUrl", "//other/app"}}));
  script.server(request({}));
  script.server(request({{"tcUrl", 5}}));
  ASSERT_EQ(script.saw<ReconnectRequested>().size(), 3u);
  EXPECT_EQ(script.saw<ReconnectRequested>()[0].tc_url, "//other/app");
  EXPECT_EQ(script.saw<ReconnectRequested>()[1].tc_url, "");
  EXPECT_EQ(script.saw<ReconnectRequested>()[2].tc_url, "");
  EXPECT_TRUE(script.session.publishing());
}

TEST(ClientCalls, AnsweredByTheSession) {
  Script script;
  script.connected();
  script.server(incoming("_onbwcheck", 8, {}));
  ASSERT_THAT(described(script.sent), ElementsAre("_result:8"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{1});
  script.server(incoming("ping", 9, {}));
  EXPECT_THAT(described(script.sent), ElementsAre("pong:9"));
  for (const auto* name : {"onBWDone", "_onbwdone", "onFCPublish", "onFCUnpublish", "onFCSubscribe"}) {
    script.server(incoming(name, 3, {8192}));
    EXPECT_THAT(script.sent, IsEmpty());
  }
  EXPECT_THAT(script.events, IsEmpty());
}

TEST(ClientCalls, Close) {
  Script script;
  script.startPublish();
  script.server(incoming("close", 0, {}));
  EXPECT_EQ(script.saw<CloseRequested>().size(), 1u);
}

}  // namespace
}  // namespace multiconn::rtmp
