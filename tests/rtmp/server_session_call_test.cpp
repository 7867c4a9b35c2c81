#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/server_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace server_words;

const AmfValue bytes_value = AmfValue::ByteArray{Bytes(3)};
const AmfObject amf3_client{{"app", "live"}, {"objectEncoding", 3}};

Error call(Script& script, std::vector<AmfValue> arguments, double& transaction, bool wants_reply = true) {
  ServerReaction reaction;
  const Error error = script.session.call("hello", std::move(arguments), wants_reply, transaction, reaction);
  script.add(std::move(reaction));
  return error;
}

TEST(ServerCall, FromAClient) {
  Script script;
  script.accepted();
  script.client(incoming("doIt", 8, {"a"}));
  script.client(incoming("_result", 8, {"a"}));
  script.client(incoming("onStatus", 0, {}));
  ASSERT_EQ(script.events.size(), 1u);
  EXPECT_EQ(script.saw<Called>()[0].method, "doIt");
  script.add(script.session.result(8, "there"));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:8"));
  script.add(script.session.result(8, bytes_value));
  EXPECT_THAT(described(script.sent), ElementsAre("_result:8"));
  EXPECT_THAT(commandIn(script.sent[0]).arguments, IsEmpty());
  script.add(script.session.callFailed(8, "no"));
  EXPECT_THAT(described(script.sent), ElementsAre("_error:8"));
  EXPECT_EQ(script.code(), "NetConnection.Call.Failed");
  script.add(script.session.callFailed(0, "no"));
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ServerCall, ToTheClient) {
  Script script;
  script.accepted();
  double first = 0, second = 0, third = -1;
  EXPECT_EQ(call(script, {"a", 7}, first), Error::none);
  ASSERT_THAT(described(script.sent), ElementsAre("hello:1"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, (std::vector<AmfValue>{"a", 7}));
  EXPECT_EQ(call(script, {}, second), Error::none);
  EXPECT_EQ(call(script, {}, third, false), Error::none);
  EXPECT_THAT(described(script.sent), ElementsAre("hello:0"));
  EXPECT_EQ(third, 0);
  script.client(incoming("_error", second, {"why"}));
  script.client(incoming("_error", second, {"again"}));
  script.session.forgetCall(first);
  script.client(incoming("_result", first, {1}));
  ASSERT_EQ(script.events.size(), 1u);
  EXPECT_EQ(script.saw<CallAnswered>()[0].transaction, second);
  EXPECT_FALSE(script.saw<CallAnswered>()[0].ok);
  EXPECT_EQ(script.saw<CallAnswered>()[0].value, "why");
}

TEST(ServerCall, FailsWithNothingSent) {
  Limits limits;
  limits.max_pending_calls = 1;
  Script script(limits);
  double transaction = -1;
  EXPECT_EQ(call(script, {}, transaction), Error::unexpected_command);
  script.accepted();
  EXPECT_EQ(call(script, {bytes_value}, transaction), Error::amf_not_encodable);
  EXPECT_EQ(call(script, {}, transaction), Error::none);
  EXPECT_EQ(call(script, {}, transaction), Error::too_many_calls);
  EXPECT_EQ(transaction, 0);
  EXPECT_THAT(script.sent, IsEmpty());
}

TEST(ServerAmf3, IsGrantedToWhoeverAsks) {
  Script script;
  script.connect(amf3_client);
  script.add(script.session.acceptConnect());
  EXPECT_TRUE(script.session.amf3());
  EXPECT_EQ(script.sent[3].type, MessageType::command_amf0);
  EXPECT_EQ(commandIn(script.sent[3]).arguments[0].object()->numberOr("objectEncoding", 0), 3);
}

TEST(ServerAmf3, Type17IsAnsweredInType17) {
  Script script;
  script.accepted(amf3_client);
  script.client({0, 0, Command{"createStream", 2, nullptr, {}, true}});
  ASSERT_THAT(described(script.sent), ElementsAre("_result:2"));
  EXPECT_EQ(script.sent[0].type, MessageType::command_amf3);
  script.client({0, 0, Command{"doIt", 3, nullptr, {bytes_value}, true}});
  EXPECT_EQ(script.saw<Called>().at(0).arguments, std::vector<AmfValue>{bytes_value});
  script.add(script.session.result(3, bytes_value));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{bytes_value});
}

TEST(ServerAmf3, Type20IsAnsweredInType20WhereThatIsEnough) {
  Script script;
  script.accepted(amf3_client);
  script.client(incoming("createStream", 2, {}));
  EXPECT_EQ(script.sent.at(0).type, MessageType::command_amf0);
  script.add(script.session.result(3, bytes_value));
  EXPECT_EQ(script.sent.at(0).type, MessageType::command_amf3);
  EXPECT_EQ(commandIn(script.sent[0]).arguments, std::vector<AmfValue>{bytes_value});
  double transaction = 0;
  EXPECT_EQ(call(script, {bytes_value}, transaction), Error::none);
}

TEST(ServerAmf3, Type17WithoutTheAgreementIsAnsweredInType20) {
  Script script;
  script.accepted();
  script.client({0, 0, Command{"createStream", 2, nullptr, {}, true}});
  EXPECT_EQ(script.sent.at(0).type, MessageType::command_amf0);
}

SharedObjectMessage changeTo(AmfValue value) {
  return {"chat", 1, false, false, {{SharedObjectEvent::Kind::change, "x", std::move(value), {}, {}}}};
}

TEST(ServerSharedObject, GoesInTheEncodingAgreedUpon) {
  Script plain;
  ServerReaction reaction;
  EXPECT_EQ(plain.session.sendSharedObject(changeTo(1), reaction), Error::unexpected_command);
  plain.accepted();
  EXPECT_EQ(plain.session.sendSharedObject(changeTo(1), reaction), Error::none);
  EXPECT_EQ(plain.session.sendSharedObject(changeTo(bytes_value), reaction), Error::amf_not_encodable);
  Script amf3;
  amf3.accepted(amf3_client);
  EXPECT_EQ(amf3.session.sendSharedObject(changeTo(bytes_value), reaction), Error::none);
  EXPECT_THAT(described(reaction.send), ElementsAre("type 19", "type 16"));
}

TEST(ServerSharedObject, IsReceivedOnceConnected) {
  const Message use{0, 0, SharedObjectMessage{"chat", 0, false, false, {}}};
  Script script;
  script.client(use);
  EXPECT_EQ(script.close, Error::none);
  script.connect();
  script.client(use);
  EXPECT_THAT(script.saw<SharedObjectReceived>(), IsEmpty());
  script.add(script.session.acceptConnect());  // pipelined, as createStream may be
  EXPECT_EQ(script.saw<SharedObjectReceived>().size(), 1u);
  script.client(use);
  ASSERT_EQ(script.saw<SharedObjectReceived>().size(), 2u);
  EXPECT_EQ(script.saw<SharedObjectReceived>()[1].message.name, "chat");
}

TEST(ServerSharedObject, PipelinedOnesAreBoundedToo) {
  Script script;
  script.connect();
  for (int i = 0; i < 17; ++i) script.client({0, 0, SharedObjectMessage{"chat", 0, false, false, {}}});
  EXPECT_EQ(script.close, Error::unexpected_command);
}

}  // namespace
}  // namespace multiconn::rtmp
