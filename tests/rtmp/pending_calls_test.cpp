// What both sides' calls have in common.
#include "rtmp/pending_calls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rtmp/script.hpp"

namespace multiconn::rtmp {
namespace {

using test::bytes_value;
using test::commandIn;
using test::described;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr CallForm amf0{}, amf3{.amf3 = true}, as_needed{.amf3 = true, .only_as_needed = true};
const std::vector<AmfValue> bytes{bytes_value};

class PendingCallsTest : public testing::Test {
 protected:
  double call(std::vector<AmfValue> arguments = {}, bool wants_reply = true, CallForm form = amf0) {
    const auto made = calls.call("doIt", std::move(arguments), wants_reply, form, sent);
    error = made.error();
    return made ? *made : -1;
  }
  static Limits limitsOf(std::size_t most_calls) {
    Limits limits;
    limits.max_pending_calls = most_calls;
    return limits;
  }
  PendingCalls calls{limitsOf(2)};
  std::vector<OutMessage> sent;
  Error error = Error::none;
};

TEST_F(PendingCallsTest, AreNumberedAndAnsweredOnce) {
  EXPECT_EQ(calls.takeTransaction(), 1) << "the session's own";
  EXPECT_EQ(call({"a", 7}), 2);
  EXPECT_EQ(call(), 3);
  EXPECT_THAT(described(sent), ElementsAre("doIt:2", "doIt:3"));
  EXPECT_EQ(commandIn(sent[0]).arguments, (std::vector<AmfValue>{"a", 7}));
  EXPECT_TRUE(commandIn(sent[0]).object.isNull());
  EXPECT_TRUE(calls.answered(3));
  EXPECT_FALSE(calls.answered(3));
  EXPECT_FALSE(calls.answered(1));
  EXPECT_TRUE(calls.answered(2));
}

TEST_F(PendingCallsTest, WithoutAReplyHaveTransactionZero) {
  EXPECT_EQ(call({}, false), 0);
  EXPECT_THAT(described(sent), ElementsAre("doIt:0"));
  EXPECT_FALSE(calls.answered(0)) << "SRS answers those too";
  EXPECT_EQ(call(), 1);
}

TEST_F(PendingCallsTest, ForgottenAreNotAwaited) {
  const double transaction = call();
  calls.forget(transaction);
  calls.forget(99);
  EXPECT_FALSE(calls.answered(transaction));
}

TEST_F(PendingCallsTest, ThatCannotBeEncodedLeaveNothingBehind) {
  for (const AmfValue& value : {AmfValue(AmfValue::Reference{}), bytes_value}) {
    EXPECT_EQ(call({value}), -1);
    EXPECT_EQ(error, Error::amf_not_encodable);
  }
  EXPECT_THAT(sent, IsEmpty());
  EXPECT_EQ(call(), 1);
}

TEST_F(PendingCallsTest, TooManyMayNotWait) {
  call();
  const double second = call();
  EXPECT_EQ(call(), -1);
  EXPECT_EQ(error, Error::too_many_calls);
  EXPECT_EQ(sent.size(), 2U);
  EXPECT_EQ(call({}, false), 0);
  calls.forget(second);
  EXPECT_EQ(call(), 3);
}

TEST_F(PendingCallsTest, AreWrittenInTheFormAgreedUpon) {
  call(bytes, false, amf3);
  call({1}, false, amf3);
  call(bytes, false, as_needed);
  call({1}, false, as_needed);
  std::vector<MessageType> types;
  for (const OutMessage& message : sent) types.push_back(message.type);
  EXPECT_THAT(types, ElementsAre(MessageType::command_amf3, MessageType::command_amf3,
                                 MessageType::command_amf3, MessageType::command_amf0));
  EXPECT_EQ(commandIn(sent[2]).arguments, bytes);
}

TEST_F(PendingCallsTest, OfThePeerAreAnswered) {
  sendResult(8, "there", amf0, sent);
  sendResult(9, bytes_value, amf0, sent);
  sendResult(10, bytes_value, amf3, sent);
  sendCallFailed(11, "it threw", amf0, sent);
  sendResult(0, "nobody asks", amf0, sent);
  sendCallFailed(0, "nobody asks", amf0, sent);
  ASSERT_THAT(described(sent), ElementsAre("_result:8", "_result:9", "_result:10", "_error:11"));
  EXPECT_EQ(commandIn(sent[0]).arguments, std::vector<AmfValue>{"there"});
  EXPECT_THAT(commandIn(sent[1]).arguments, IsEmpty());
  EXPECT_EQ(commandIn(sent[2]).arguments, bytes);
  const StatusInfo status = statusInfo(commandIn(sent[3]).arguments.at(0));
  EXPECT_EQ(status.code, "NetConnection.Call.Failed");
  EXPECT_EQ(status.description, "it threw");
}

TEST_F(PendingCallsTest, SharedObjectsGoInTheEncodingAgreedUpon) {
  const auto holding = [](AmfValue value) {
    return SharedObjectMessage{
        "chat", 1, false, false, {{SharedObjectEvent::Kind::change, "x", std::move(value), {}, {}}}};
  };
  EXPECT_EQ(sendSharedObjectMessage(holding(1), false, sent), Error::none);
  EXPECT_EQ(sendSharedObjectMessage(holding(bytes_value), false, sent), Error::amf_not_encodable);
  EXPECT_EQ(sendSharedObjectMessage(holding(bytes_value), true, sent), Error::none);
  EXPECT_THAT(described(sent), ElementsAre("type 19", "type 16"));
}

}  // namespace
}  // namespace multiconn::rtmp
