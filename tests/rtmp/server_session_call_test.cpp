#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/server_script.hpp"

namespace multiconn::rtmp {
namespace {

using namespace server_words;

const AmfObject amf3_client{{"app", "live"}, {"objectEncoding", 3}};

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
  script.add(script.session.callFailed(8, "no"));
  EXPECT_THAT(described(script.sent), ElementsAre("_error:8"));
  EXPECT_EQ(script.code(), "NetConnection.Call.Failed");
}

TEST(ServerCall, ToTheClient) {
  Script script;
  script.accepted();
  const double first = call(script, {"a", 7}).transaction;
  ASSERT_THAT(described(script.sent), ElementsAre("doIt:1"));
  EXPECT_EQ(commandIn(script.sent[0]).arguments, (std::vector<AmfValue>{"a", 7}));
  const double second = call(script, {}).transaction;
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
  EXPECT_EQ(call(script, {}).error, Error::unexpected_command);
  script.accepted();
  EXPECT_EQ(call(script, {bytes_value}).error, Error::amf_not_encodable);
  EXPECT_EQ(call(script, {}).error, Error::none);
  const Made made = call(script, {});
  EXPECT_EQ(made.error, Error::too_many_calls);
  EXPECT_EQ(made.transaction, 0);
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
  EXPECT_EQ(call(script, {bytes_value}).error, Error::none);
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
