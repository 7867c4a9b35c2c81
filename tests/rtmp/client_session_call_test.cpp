#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/client_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace client_words;

TEST(ClientCall, IsAnsweredByItsTransactionInAnyOrder) {
  Script script;
  script.connected();
  const Made first = call(script, {"a", 7});
  ASSERT_THAT(described(script.sent), ElementsAre("doIt:2"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, (std::vector<AmfValue>{"a", 7}));
  EXPECT_TRUE(commandIn(script.sent[0]).object.isNull());
  EXPECT_EQ(script.sent[0].type, MessageType::command_amf0);
  const Made second = call(script, {});
  EXPECT_EQ(first.transaction, 2);
  EXPECT_EQ(second.transaction, 3);
  script.server(incoming("_result", 3, {"there"}));
  script.server(incoming("_error", 2, {makeInfo("error", "NetConnection.Call.Failed", "no")}));
  ASSERT_EQ(script.saw<CallAnswered>().size(), 2u);
  EXPECT_EQ(script.saw<CallAnswered>()[0].transaction, 3);
  EXPECT_TRUE(script.saw<CallAnswered>()[0].ok);
  EXPECT_EQ(script.saw<CallAnswered>()[0].value, "there");
  EXPECT_FALSE(script.saw<CallAnswered>()[1].ok);
  EXPECT_EQ(statusInfo(script.saw<CallAnswered>()[1].value).description, "no");
}

TEST(ClientCall, AnAnswerCountsOnce) {
  Script script;
  script.connected();
  call(script, {});
  for (int i = 0; i < 2; ++i) script.server(incoming("_result", 2, {}));
  ASSERT_EQ(script.events.size(), 1u);
  EXPECT_TRUE(script.saw<CallAnswered>()[0].value.isUndefined());
}

TEST(ClientCall, FailsWithNothingSent) {
  Script script;
  EXPECT_EQ(call(script, {}).error, Error::unexpected_command);
  script.add(script.session.connect());
  EXPECT_EQ(call(script, {}).error, Error::unexpected_command);
  script.succeed();
  for (const AmfValue& value : {AmfValue(AmfValue::Reference{}), bytes_value}) {
    const Made made = call(script, {value});
    EXPECT_EQ(made.error, Error::amf_not_encodable);
    EXPECT_EQ(made.transaction, 0);
    EXPECT_THAT(script.sent, IsEmpty());
  }
  EXPECT_EQ(call(script, {}).transaction, 2);
}

TEST(ClientCall, TooManyMayNotWaitAndOthersAreNotHindered) {
  Limits limits;
  limits.max_pending_calls = 2;
  Script script(test::connect_request, limits);
  script.connected();
  call(script, {});
  const Made second = call(script, {});
  EXPECT_EQ(call(script, {}).error, Error::too_many_calls);
  EXPECT_THAT(script.sent, IsEmpty());
  EXPECT_EQ(call(script, {}, false).error, Error::none);
  script.add(script.session.publish(publish_request));
  EXPECT_THAT(described(script.sent), ElementsAre("releaseStream:4", "FCPublish:5", "createStream:6"));
  script.session.forgetCall(second.transaction);
  EXPECT_EQ(call(script, {}).error, Error::none);
}

TEST(ClientCall, FromTheServer) {
  Script script;
  script.connected();
  script.server(incoming("hello", 12, {"a", 7}));
  ASSERT_EQ(script.saw<Called>().size(), 1u);
  EXPECT_EQ(script.saw<Called>()[0].method, "hello");
  EXPECT_EQ(script.saw<Called>()[0].arguments, (std::vector<AmfValue>{"a", 7}));
  script.add(script.session.result(12, "there"));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:12"));
  script.add(script.session.callFailed(12, "it threw"));
  EXPECT_THAT(described(script.sent), ElementsAre("_error:12"));
  EXPECT_EQ(script.code(), "NetConnection.Call.Failed");
}

TEST(ClientAmf3, IsAskedForAndUsedOnlyWhenGranted) {
  Script refused(test::amf3_request);
  refused.add(refused.session.connect());
  EXPECT_EQ(commandIn(refused.sent[0]).object.object()->numberOr("objectEncoding", 0), 3);
  EXPECT_EQ(refused.sent[0].type, MessageType::command_amf0);
  refused.succeed();
  EXPECT_FALSE(refused.session.amf3());
  EXPECT_EQ(call(refused, {bytes_value}).error, Error::amf_not_encodable);

  Script unasked;
  unasked.connectedWithAmf3();
  EXPECT_FALSE(unasked.session.amf3());
}

TEST(ClientAmf3, CallsAndTheirAnswersAreOfType17) {
  Script script(test::amf3_request);
  script.connectedWithAmf3();
  EXPECT_TRUE(script.session.amf3());
  EXPECT_EQ(call(script, {bytes_value, "text"}).error, Error::none);
  EXPECT_EQ(script.sent[0].type, MessageType::command_amf3);
  EXPECT_EQ(commandIn(script.sent[0]).arguments, (std::vector<AmfValue>{bytes_value, "text"}));
  script.server({0, 0, Command{"_result", 2, nullptr, {bytes_value}, true}});
  EXPECT_EQ(script.saw<CallAnswered>().at(0).value, bytes_value);
  script.add(script.session.result(8, bytes_value));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{bytes_value});
  script.add(script.session.callFailed(8, "no"));
  EXPECT_EQ(script.sent[0].type, MessageType::command_amf3);
  script.add(script.session.publish(publish_request));
  for (const OutMessage& message : script.sent) EXPECT_EQ(message.type, MessageType::command_amf0);
}

SharedObjectMessage writeOf(AmfValue value) {
  return {
      "chat", 0, false, false, {{SharedObjectEvent::Kind::request_change, "x", std::move(value), {}, {}}}};
}

TEST(ClientSharedObject, GoesInTheEncodingAgreedUpon) {
  Script plain;
  ClientReaction reaction;
  EXPECT_EQ(plain.session.sendSharedObject(writeOf(1), reaction), Error::unexpected_command);
  plain.connected();
  EXPECT_EQ(plain.session.sendSharedObject(writeOf(1), reaction), Error::none);
  EXPECT_EQ(plain.session.sendSharedObject(writeOf(bytes_value), reaction), Error::amf_not_encodable);
  ASSERT_THAT(described(reaction.send), ElementsAre("type 19"));
  EXPECT_EQ(reaction.send[0].chunk_stream, 3);
  EXPECT_EQ(std::get<SharedObjectMessage>(test::received(reaction.send[0]).body), writeOf(1));

  Script amf3(test::amf3_request);
  amf3.connectedWithAmf3();
  EXPECT_EQ(amf3.session.sendSharedObject(writeOf(bytes_value), reaction), Error::none);
  EXPECT_THAT(described(reaction.send), ElementsAre("type 19", "type 16"));
}

TEST(ClientSharedObject, IsReceivedOnceConnected) {
  Script script;
  script.add(script.session.connect());
  script.server({0, 0, writeOf(1)});
  EXPECT_THAT(script.events, IsEmpty());
  script.succeed();
  script.server({0, 0, writeOf(1)});
  ASSERT_EQ(script.saw<SharedObjectReceived>().size(), 1u);
  EXPECT_EQ(script.saw<SharedObjectReceived>()[0].message, writeOf(1));
}

}  // namespace
}  // namespace multiconn::rtmp
