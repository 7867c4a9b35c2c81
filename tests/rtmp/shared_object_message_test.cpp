#include "rtmp/shared_object_message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "rtmp/hex.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::toHex;
using testing::ElementsAre;
using testing::IsEmpty;
using Kind = SharedObjectEvent::Kind;

SharedObjectEvent event(Kind kind, std::string name = {}, AmfValue value = {}, std::string level = {}) {
  return {kind, std::move(name), std::move(value), std::move(level), {}};
}

SharedObjectEvent send(std::vector<AmfValue> values) {
  return {Kind::send, {}, {}, {}, std::move(values)};
}

SharedObjectMessage chat(std::uint32_t version, std::vector<SharedObjectEvent> events) {
  return {"chat", version, false, false, std::move(events)};
}

struct Row {
  std::string name;
  std::string bytes;
  SharedObjectMessage message;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}
const auto nameOf = [](const auto& row) { return row.param.name; };

// As crtmpserver (2015) and Red5 1.1.1 were seen to send and to understand them on loopback; the first is a
// persistent object's, laid out by hand.
std::vector<Row> rows() {
  const std::string header = "0004 63686174 00000000 00000000 00000000";
  return {
      {"use_persistent",
       "0007 696e666f5f736f 00000000 00000002 00000000 01 00000000",
       {"info_so", 0, true, false, {event(Kind::use)}}},
      {"use", header + "01 00000000", chat(0, {event(Kind::use)})},
      {"joined_at_crtmpserver", "0004 63686174 00000001 00000000 00000000 08 00000000 0b 00000000",
       chat(1, {event(Kind::clear), event(Kind::use_success)})},
      {"joined_at_red5", "0004 63686174 00000002 00000000 00000000 0b 00000000 08 00000000",
       chat(2, {event(Kind::use_success), event(Kind::clear)})},
      {"joined_late_at_crtmpserver",
       "0004 63686174 00000003 00000000 00000000 08 00000000 0b 00000000 "
       "04 0000000b 0001 78 02 0005 68656c6c6f 04 00000004 0001 79 05",
       chat(3, {event(Kind::clear), event(Kind::use_success), event(Kind::change, "x", "hello"),
                event(Kind::change, "y", nullptr)})},
      {"joined_late_at_red5",
       "0004 63686174 00000004 00000000 00000000 0b 00000000 08 00000000 "
       "04 0000000b 0001 78 02 0005 68656c6c6f",
       chat(4, {event(Kind::use_success), event(Kind::clear), event(Kind::change, "x", "hello")})},
      {"request_change", header + "03 0000000b 0001 78 02 0005 68656c6c6f",
       chat(0, {event(Kind::request_change, "x", "hello")})},
      {"request_change_foo", header + "03 0000000b 0003 666f6f 02 0003 626172",
       chat(0, {event(Kind::request_change, "foo", "bar")})},
      {"success", "0004 63686174 00000002 00000000 00000000 05 00000003 0001 78",
       chat(2, {event(Kind::success, "x")})},
      {"change", "0004 63686174 00000002 00000000 00000000 04 0000000b 0001 78 02 0005 68656c6c6f",
       chat(2, {event(Kind::change, "x", "hello")})},
      {"request_remove", header + "0a 00000003 0001 78", chat(0, {event(Kind::request_remove, "x")})},
      {"remove", "0004 63686174 00000003 00000000 00000000 09 00000003 0001 78",
       chat(3, {event(Kind::remove, "x")})},
      {"send", header + "06 00000015 02 0004 646f4974 02 0002 6131 00 401c000000000000",
       chat(0, {send({"doIt", "a1", 7})})},
      {"send_ping", header + "06 00000010 02 0004 70696e67 00 3ff0000000000000",
       chat(0, {send({"ping", 1})})},
      {"release", header + "02 00000000", chat(0, {event(Kind::release)})},
      {"wrong_persistence_at_red5",
       header + "07 00000024 001b 5368617265644f626a6563742e42616450657273697374656e6365 0005 6572726f72",
       chat(0, {event(Kind::status, "SharedObject.BadPersistence", {}, "error")})},
      {"nothing", header, chat(0, {})},
  };
}

// A copy on the heap of exactly this size lets AddressSanitizer see any read beyond it.
Result<SharedObjectMessage> decode(BytesView body, bool amf3 = false, const Limits& limits = {}) {
  const Bytes exact(body.begin(), body.end());
  return decodeSharedObject(exact, amf3, limits);
}

class SharedObjectVector : public testing::TestWithParam<Row> {};
INSTANTIATE_TEST_SUITE_P(SharedObject, SharedObjectVector, testing::ValuesIn(rows()), nameOf);

TEST_P(SharedObjectVector, decodes) {
  const auto message = decode(hex(GetParam().bytes));
  ASSERT_TRUE(message) << make_error_code(message.error()).message();
  EXPECT_EQ(*message, GetParam().message);
}

TEST_P(SharedObjectVector, encodes) {
  Bytes out = hex("ff");
  ASSERT_EQ(encodeSharedObject(GetParam().message, out), Error::none);
  EXPECT_EQ(toHex(out), "ff" + toHex(hex(GetParam().bytes)));
}

// crtmpserver and Red5 take AMF0 behind the format byte.
TEST_P(SharedObjectVector, isTheSameInType16) {
  SharedObjectMessage expected = GetParam().message;
  expected.amf3 = true;
  const Bytes body = hex("00" + GetParam().bytes);
  const auto message = decode(body, true);
  ASSERT_TRUE(message) << make_error_code(message.error()).message();
  EXPECT_EQ(*message, expected);
  Bytes out;
  ASSERT_EQ(encodeSharedObject(expected, out), Error::none);
  EXPECT_EQ(toHex(out), toHex(body));
}

// Cut between two events, a message is a shorter one; anywhere else it is refused.
TEST_P(SharedObjectVector, everyPrefixIsRefusedOrShorter) {
  const Bytes whole = hex(GetParam().bytes);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto message = decode(BytesView(whole).first(size));
    if (message) {
      EXPECT_LT(message->events.size(), GetParam().message.events.size()) << size;
    } else {
      EXPECT_EQ(message.error(), Error::shared_object_malformed) << size;
    }
  }
}

const std::string header = "0001 73 00000007 00000000 00000000";

TEST(SharedObject, severalPairsInOneEvent) {
  const auto message = decode(hex(header + "04 0000000a 0001 61 01 01 0001 62 01 00"));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->events, ElementsAre(event(Kind::change, "a", true), event(Kind::change, "b", false)));
  const auto removed = decode(hex(header + "09 00000006 0001 61 0001 62"));
  ASSERT_TRUE(removed);
  EXPECT_THAT(removed->events, ElementsAre(event(Kind::remove, "a"), event(Kind::remove, "b")));
}

TEST(SharedObject, unknownEventsAreLeftOut) {
  const auto message = decode(hex(
      header + "0c 00000007 0001 61 00000001 00 00000000 ff 00000001 00 0e 00000000 05 00000003 0001 61"));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->events, ElementsAre(event(Kind::success, "a")));
}

TEST(SharedObject, whatAnEventDoesNotHaveIsIgnored) {
  const auto message = decode(hex(header + "0b 00000005 0001 61 01 01 08 00000001 ff"));
  ASSERT_TRUE(message);
  EXPECT_THAT(message->events, ElementsAre(event(Kind::use_success), event(Kind::clear)));
}

TEST(SharedObject, otherFlagsAndAStatusWithoutLevel) {
  const auto message = decode(hex("0001 73 00000007 00000012 ffffffff 07 00000003 0001 61"));
  ASSERT_TRUE(message);
  EXPECT_TRUE(message->persistent);
  EXPECT_THAT(message->events, ElementsAre(event(Kind::status, "a")));
}

TEST(SharedObject, amf3ValuesShareTheTablesOfTheMessage) {
  const auto message = decode(hex("00" + header + "04 00000008 0001 61 11 0a 0b 01 01" +
                                  "04 00000008 0001 62 11 06 05 6869 04 00000006 0001 63 11 06 00" +
                                  "06 0000000a 02 0001 66 11 0a 00 11 0a 00"),
                              true);
  ASSERT_TRUE(message) << make_error_code(message.error()).message();
  EXPECT_THAT(message->events,
              ElementsAre(event(Kind::change, "a", AmfObject{}), event(Kind::change, "b", "hi"),
                          event(Kind::change, "c", "hi"), send({"f", AmfObject{}, AmfObject{}})));
}

TEST(SharedObject, amf3ValuesInType16) {
  SharedObjectMessage message = chat(1, {event(Kind::request_change, "x", AmfValue::ByteArray{hex("0708")}),
                                         send({"f", AmfObject{{"a", 1}}, 5})});
  Bytes out;
  EXPECT_EQ(encodeSharedObject(message, out), Error::amf_not_encodable);
  EXPECT_THAT(out, IsEmpty());
  message.amf3 = true;
  ASSERT_EQ(encodeSharedObject(message, out), Error::none);
  EXPECT_EQ(toHex(out),
            toHex(hex("00 0004 63686174 00000001 00000000 00000000 03 00000008 0001 78 11 0c 05 0708 "
                      "06 00000016 02 0001 66 11 0a 0b 01 03 61 04 01 01 00 4014000000000000")));
  EXPECT_EQ(*decode(out, true), message);
}

TEST(SharedObject, red5sFormatByteMeansAmf3Throughout) {
  const auto message =
      decode(hex("03" + header + "04 00000007 0001 61 06 05 6869 06 00000007 06 03 66 06 00 04 05"), true);
  ASSERT_TRUE(message) << make_error_code(message.error()).message();
  EXPECT_THAT(message->events, ElementsAre(event(Kind::change, "a", "hi"), send({"f", "hi", 5})));
  EXPECT_TRUE(message->amf3);
}

TEST(SharedObject, hostileOnes) {
  const std::vector<std::pair<std::string, Error>> bodies{
      {"", Error::shared_object_malformed},
      {"ffff 73", Error::shared_object_malformed},
      {header + "04", Error::shared_object_malformed},
      {header + "04 ffffffff 0001 61", Error::shared_object_malformed},
      {header + "04 00000002 0001 61 05", Error::shared_object_malformed},
      {header + "04 00000003 0001 61", Error::amf_truncated},
      {header + "04 00000004 0001 61 11", Error::amf_truncated},
      {header + "04 00000005 0001 61 02 00 05", Error::amf_truncated},
      {header + "05 00000001 00", Error::shared_object_malformed},
      {header + "07 00000000", Error::shared_object_malformed},
      {header + "06 00000001 04", Error::amf_unsupported_marker},
      {header + "06 00000005 0a ffffffff", Error::amf_truncated},
  };
  for (const auto& [body, error] : bodies) EXPECT_EQ(decode(hex(body)).error(), error) << body;
  EXPECT_EQ(decode(hex("01" + header), true).error(), Error::shared_object_malformed);
  EXPECT_EQ(decode({}, true).error(), Error::shared_object_malformed);
}

TEST(SharedObject, eventsAreCounted) {
  Limits limits;
  limits.amf_values = 3;
  EXPECT_TRUE(decode(hex(header + "01 00000000 01 00000000 01 00000000"), false, limits));
  EXPECT_EQ(decode(hex(header + "01 00000000 01 00000000 01 00000000 01 00000000"), false, limits).error(),
            Error::amf_too_many_values);
}

TEST(SharedObject, aSnapshotOfManySmallSlotsFits) {
  SharedObjectMessage message = chat(1, {});
  for (int i = 0; i < 20000; ++i)
    message.events.push_back(event(Kind::change, "slot" + std::to_string(i), i));
  Bytes body;
  ASSERT_EQ(encodeSharedObject(message, body), Error::none);
  const auto decoded = decode(body);
  ASSERT_TRUE(decoded) << make_error_code(decoded.error()).message();
  EXPECT_EQ(*decoded, message);
}

TEST(SharedObject, whatCannotBeEncoded) {
  const std::string long_name(65536, 'x');
  for (const SharedObjectMessage& message :
       {SharedObjectMessage{long_name, 0, false, false, {}}, chat(0, {event(Kind::success, long_name)}),
        chat(0, {event(Kind::change, long_name, 1)}), chat(0, {event(Kind::status, "a", {}, long_name)}),
        chat(0, {event(Kind::use), send({"a", AmfValue::Reference{}})}),
        chat(0, {event(Kind::change, "a", AmfValue::Dictionary{})})}) {
    Bytes out = hex("01");
    EXPECT_EQ(encodeSharedObject(message, out), Error::amf_not_encodable);
    EXPECT_EQ(out, hex("01"));
  }
}

TEST(SharedObjectNames, good) {
  for (const std::string name : {"chat", "info_so", "room/1", "a.b-c", "\xC3\xA9", "publisher"})
    EXPECT_TRUE(isSharedObjectName(name, {})) << name;
  EXPECT_TRUE(isSharedObjectName(std::string(1024, 'a'), {}));
}

TEST(SharedObjectNames, bad) {
  for (const std::string name : {"", "a b", "a~", "50%", "a&b", "a\\b", "a;b", "a:b", "\"a", "a'", "a,b",
                                 "<a", "a>", "a?", "#a", "a\nb", "a\x7F"})
    EXPECT_FALSE(isSharedObjectName(name, {})) << name;
  EXPECT_FALSE(isSharedObjectName(std::string("a\0b", 3), {}));
  EXPECT_FALSE(isSharedObjectName(std::string(1025, 'a'), {}));
}

TEST(SharedObjectNames, commandsInAnyCase) {
  for (const auto* name :
       {"publish", "Publish", "CONNECT", "onmetadata", "@setDataFrame", "fcpublish", "_result"})
    EXPECT_FALSE(isSharedObjectName(name, {})) << name;
}

TEST(ReservedNames, areCommandsAndWhatServersCall) {
  for (const auto* name : {"connect",
                           "createStream",
                           "closeStream",
                           "deleteStream",
                           "onStatus",
                           "pause",
                           "play",
                           "publish",
                           "receiveAudio",
                           "receiveVideo",
                           "seek",
                           "getStreamLength",
                           "getBandwidthLimit",
                           "setBandwidthLimit",
                           "getStats",
                           "ping",
                           "close",
                           "_result",
                           "_error",
                           "onBWDone",
                           "onBWCheck",
                           "onFCPublish",
                           "releaseStream"})
    EXPECT_TRUE(isReservedName(name)) << name;
  for (const auto* name : {"", "doIt", "Play", "service.play", "players", "onMessage"})
    EXPECT_FALSE(isReservedName(name)) << name;
}

}  // namespace
}  // namespace multiconn::rtmp
