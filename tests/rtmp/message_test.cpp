#include "rtmp/message.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "rtmp/hex.hpp"
#include "support/messages.hpp"

namespace multiconn::rtmp {
namespace {

using test::hex;
using test::raw;
using test::toHex;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

// One table feeds the decode test and the encode test. RTMP 1.0 5.4 and 7.1.7; AMF0 2.
struct Row {
  const char* name;
  MessageType type;
  std::string body;
  Message message;
};

std::vector<Row> rows() {
  using Event = UserControl::Event;
  const std::string connect =
      "02 0007 636f6e6e656374  00 3ff0000000000000  03 0003 617070 02 0004 6c697665 000009";
  return {
      {"SetChunkSize", MessageType::set_chunk_size, "0000ea60", {0, 0, SetChunkSize{60000}}},
      {"Abort", MessageType::abort, "00000006", {0, 0, Abort{6}}},
      {"Acknowledgement", MessageType::acknowledgement, "fffffffe", {0, 0, Acknowledgement{0xFFFFFFFE}}},
      {"WindowAckSize", MessageType::window_ack_size, "002625a0", {0, 0, WindowAckSize{2'500'000}}},
      {"SetPeerBandwidth",
       MessageType::set_peer_bandwidth,
       "002625a0 01",
       {0, 0, SetPeerBandwidth{2'500'000, SetPeerBandwidth::LimitType::soft}}},
      {"StreamBegin",
       MessageType::user_control,
       "0000 00000001",
       {0, 0, UserControl{Event::stream_begin, 1}}},
      {"SetBufferLength",
       MessageType::user_control,
       "0003 00000001 00000bb8",
       {0, 0, UserControl{Event::set_buffer_length, 1, 3000}}},
      {"PingRequest",
       MessageType::user_control,
       "0006 01020304",
       {0, 0, UserControl{Event::ping_request, 0x01020304}}},
      {"BufferReady",
       MessageType::user_control,
       "0020 00000001",
       {0, 0, UserControl{Event::buffer_ready, 1}}},
      {"connect",
       MessageType::command_amf0,
       connect,
       {0, 0, Command{"connect", 1, AmfObject{{"app", "live"}}, {}}}},
      {"publish",
       MessageType::command_amf0,
       "02 0007 7075626c697368  00 4014000000000000  05  02 0003 6b6579  02 0004 6c697665",
       {0, 1, Command{"publish", 5, nullptr, {"key", "live"}}}},
      {"call of type 17",
       MessageType::command_amf3,
       "00 02 0001 61 00 4014000000000000 05 11 09 03 01 04 07",
       {0, 0, Command{"a", 5, nullptr, {AmfArray{7}}, true}}},
      {"shared object",
       MessageType::shared_object_amf0,
       "0004 63686174 00000000 00000000 00000000 01 00000000",
       {0, 0,
        SharedObjectMessage{"chat", 0, false, false, {{SharedObjectEvent::Kind::use, {}, {}, {}, {}}}}}},
      {"shared object of type 16",
       MessageType::shared_object_amf3,
       "00 0004 63686174 00000000 00000000 00000000 03 00000008 0001 78 11 0c 05 0708",
       {0, 0,
        SharedObjectMessage{
            "chat",
            0,
            false,
            true,
            {{SharedObjectEvent::Kind::request_change, "x", AmfValue::ByteArray{hex("0708")}, {}, {}}}}}},
  };
}

TEST(Message, DecodesEveryKind) {
  for (const Row& row : rows()) {
    const auto decoded = decode(raw(row.type, hex(row.body), 7, row.message.stream_id), {});
    ASSERT_TRUE(decoded) << row.name;
    EXPECT_EQ(decoded->timestamp, 7u) << row.name;
    EXPECT_EQ(decoded->stream_id, row.message.stream_id) << row.name;
    const auto again = encode(*decoded);
    ASSERT_TRUE(again) << row.name;
    EXPECT_EQ(decoded->body.index(), row.message.body.index()) << row.name;
    EXPECT_EQ(toHex(*again->payload), toHex(hex(row.body))) << row.name;
  }
}

TEST(Message, EncodesEveryKind) {
  for (const Row& row : rows()) {
    const auto encoded = encode(row.message);
    ASSERT_TRUE(encoded) << row.name;
    EXPECT_EQ(encoded->type, row.type) << row.name;
    EXPECT_EQ(toHex(*encoded->payload), toHex(hex(row.body))) << row.name;
  }
}

TEST(Message, EveryPrefixIsReadOrRefused) {
  for (const Row& row : rows()) {
    const Bytes body = hex(row.body);
    for (std::size_t size = 0; size < body.size(); ++size) {
      const auto decoded =
          decode(raw(row.type, Bytes(body.begin(), body.begin() + static_cast<long>(size))), {});
      EXPECT_EQ(static_cast<bool>(decoded), decoded.error() == Error::none) << row.name << " " << size;
    }
  }
}

TEST(Message, ShortControlBodiesAreErrors) {
  const std::vector<std::pair<MessageType, std::string>> bodies{
      {MessageType::set_chunk_size, "0000ea"},       {MessageType::abort, ""},
      {MessageType::acknowledgement, "00"},          {MessageType::window_ack_size, "000000"},
      {MessageType::set_peer_bandwidth, "002625a0"}, {MessageType::user_control, "00"},
      {MessageType::user_control, "0006 000000"},    {MessageType::user_control, "0003 00000001 0000"},
  };
  for (const auto& [type, body] : bodies) EXPECT_FALSE(decode(raw(type, hex(body)), {})) << body;
}

TEST(Message, ControlEventsWithoutANameHaveBodiesOfAnyLength) {
  const auto decoded = decode(raw(MessageType::user_control, hex("001a")), {});  // SWF verification request
  ASSERT_TRUE(decoded);
  EXPECT_EQ(static_cast<int>(std::get<UserControl>(decoded->body).event), 26);
}

TEST(Message, UnknownPeerBandwidthLimitIsDynamic) {
  const auto decoded = decode(raw(MessageType::set_peer_bandwidth, hex("002625a0 09")), {});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<SetPeerBandwidth>(decoded->body).limit, SetPeerBandwidth::LimitType::dynamic);
}

Result<Message> decodeCommand(std::string_view body) {
  return decode(raw(MessageType::command_amf0, hex(body)), {});
}

TEST(Message, BareCommandNameHasTransactionZero) {  // ffmpeg -listen 1 says onFCPublish like this
  const auto decoded = decodeCommand("02 000b 6f6e46435075626c697368");
  ASSERT_TRUE(decoded);
  const auto& command = std::get<Command>(decoded->body);
  EXPECT_EQ(command.name, "onFCPublish");
  EXPECT_EQ(command.transaction, 0);
  EXPECT_TRUE(command.object.isNull());
  EXPECT_TRUE(command.arguments.empty());
}

TEST(Message, TransactionIsAlwaysANumber) {
  const auto missing = decodeCommand("02 0001 61  05  02 0001 62");
  ASSERT_TRUE(missing);
  EXPECT_EQ(std::get<Command>(missing->body).transaction, 0);
  EXPECT_EQ(std::get<Command>(missing->body).arguments, std::vector<AmfValue>{"b"});
  const auto not_a_number = decodeCommand("02 0001 61  00 7ff8000000000000");
  ASSERT_TRUE(not_a_number);
  EXPECT_EQ(std::get<Command>(not_a_number->body).transaction, 0);
}

TEST(Message, CommandsWithoutANameAreErrors) {
  for (const auto* body : {"", "00 3ff0000000000000", "05", "02 0005 61"})
    EXPECT_FALSE(decodeCommand(body)) << body;
}

TEST(Message, Type17IsTheSameBehindAFormatByte) {
  const auto decoded =
      decode(raw(MessageType::command_amf3, hex("00 02 0001 61 00 4000000000000000 05")), {});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<Command>(decoded->body).transaction, 2);
  EXPECT_TRUE(std::get<Command>(decoded->body).amf3);
  EXPECT_FALSE(decode(raw(MessageType::command_amf3, hex("01 02 0001 61")), {}));
  EXPECT_FALSE(decode(raw(MessageType::command_amf3, {}), {}));
}

// Name, transaction and what AMF0 says in few bytes stay AMF0; the marker is there for the rest.
TEST(Message, Type17SwitchesToAmf3) {
  const Command command{
      "call", 2, nullptr, {AmfObject{{"a", 1}}, "text", AmfValue::ByteArray{hex("07")}}, true};
  const auto encoded = encode({0, 0, command});
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->type, MessageType::command_amf3);
  EXPECT_EQ(toHex(*encoded->payload),
            toHex(hex("00 02 0004 63616c6c 00 4000000000000000 05 11 0a 0b 01 03 61 04 01 01"
                      "02 0004 74657874 11 0c 03 07")));
  EXPECT_EQ(test::commandIn(*encoded).arguments, command.arguments);
  EXPECT_TRUE(test::commandIn(*encoded).amf3);
}

TEST(Message, TablesAreSharedByTheValuesOfAType17Body) {
  const auto decoded =
      decode(raw(MessageType::command_amf3, hex("00 02 0001 61 00 0000000000000000 11 0a 13 03 43 03 78 04 "
                                                "01 11 06 00 11 0a 00 11 0a 01 04 02")),
             {});
  ASSERT_TRUE(decoded);
  const auto& command = std::get<Command>(decoded->body);
  AmfObject first{{"x", 1}}, second{{"x", 2}};
  first.className("C");
  second.className("C");
  EXPECT_EQ(command.object, first);
  EXPECT_EQ(command.arguments, (std::vector<AmfValue>{"C", first, second}));
}

TEST(Message, Red5sFormatByteMeansAmf3Throughout) {
  const auto command =
      decode(raw(MessageType::command_amf3, hex("03 06 03 61 04 02 01 06 00 0a 0b 01 01")), {});
  ASSERT_TRUE(command);
  EXPECT_EQ(std::get<Command>(command->body).name, "a");
  EXPECT_EQ(std::get<Command>(command->body).transaction, 2);
  EXPECT_EQ(std::get<Command>(command->body).arguments, (std::vector<AmfValue>{"a", AmfObject{}}));
  const auto data = decode(raw(MessageType::data_amf3, hex("03 06 03 61 04 02")), {});
  ASSERT_TRUE(data);
  EXPECT_EQ(toHex(*encode(*data)->payload), toHex(hex("02 0001 61 00 4000000000000000")));
  EXPECT_FALSE(decode(raw(MessageType::data_amf3, hex("03 0a 07 03 61")), {}));  // externalizable
}

TEST(Message, DataKeepsItsBody) {
  const Bytes body = hex("02 000a 6f6e4d65746144617461 08 00000000 000009");
  const auto decoded = decode(raw(MessageType::data_amf0, body, 5, 1), {});
  ASSERT_TRUE(decoded);
  const auto& data = std::get<Data>(decoded->body);
  EXPECT_EQ(*data.values.front().string(), "onMetaData");
  EXPECT_EQ(*data.body, body);
  const auto again = encode(*decoded);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->payload, data.body);  // not a copy
}

TEST(Message, Type15IsRelayedAsType18) {
  const auto decoded = decode(raw(MessageType::data_amf3, hex("00 02 0001 61"), 0, 1), {});
  ASSERT_TRUE(decoded);
  const auto encoded = encode(*decoded);
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->type, MessageType::data_amf0);
  EXPECT_EQ(toHex(*encoded->payload), "02000161");
}

std::string relayed(std::string_view body) {
  const auto decoded = decode(raw(MessageType::data_amf3, hex(body), 0, 1), {});
  return decoded ? toHex(*encode(*decoded)->payload) : make_error_code(decoded.error()).message();
}

TEST(Message, Type15IsRelayedAsAmf0WhereThatHasAForm) {
  EXPECT_EQ(relayed("00 02 0001 61 11 0a 0b 01 03 78 04 01 01"),
            toHex(hex("02 0001 61 03 0001 78 00 3ff0000000000000 000009")));
  const std::string with_bytes = "02 0001 61 11 0c 03 07";
  EXPECT_EQ(relayed("00" + with_bytes), toHex(hex(with_bytes)));
  const std::string holds_itself = "02 0001 61 11 09 03 01 09 00";
  EXPECT_EQ(relayed("00" + holds_itself), toHex(hex(holds_itself)));
  const std::string externalizable = "02 0001 61 11 0a 07 03 62 ff";
  EXPECT_EQ(relayed("00" + externalizable), toHex(hex(externalizable)));
}

TEST(Message, Type15OfOurOwn) {
  const Data data{{"handler", AmfValue::ByteArray{hex("07")}, 5}, {}, true};
  const auto encoded = encode({0, 1, data});
  ASSERT_TRUE(encoded);
  EXPECT_EQ(encoded->type, MessageType::data_amf3);
  EXPECT_EQ(encoded->chunk_stream, 4);
  const Message decoded = test::received(*encoded);
  EXPECT_EQ(std::get<Data>(decoded.body).values, data.values);
  EXPECT_EQ(encode(decoded)->type, MessageType::data_amf0);
}

TEST(Message, Amf3InTypes18And20IsRead) {
  const Bytes body = hex("02 0001 61 00 0000000000000000 05 11 06 03 62");
  EXPECT_EQ(test::commandIn({MessageType::command_amf0, 3, 0, 0, makePayload(body)}).arguments,
            std::vector<AmfValue>{"b"});
  const auto data = decode(raw(MessageType::data_amf0, body), {});
  ASSERT_TRUE(data);
  EXPECT_EQ(std::get<Data>(data->body).values.back(), "b");
  EXPECT_EQ(*std::get<Data>(data->body).body, body);
}

TEST(Message, DataOfATypeWeLackCanStillBeRelayed) {
  const Bytes body = hex("02 0001 61 11 0a 07 03 62 ff");
  const auto decoded = decode(raw(MessageType::data_amf0, body), {});
  ASSERT_TRUE(decoded);
  EXPECT_TRUE(std::get<Data>(decoded->body).values.empty());
  EXPECT_EQ(*std::get<Data>(decoded->body).body, body);
  EXPECT_EQ(decode(raw(MessageType::command_amf0, body), {}).error(), Error::amf_unsupported_marker);
}

TEST(Message, BrokenDataIsAnError) {
  // Four bytes of zeros: a time code that FFmpeg once sent as data.
  for (const auto* body : {"00 000000", "02 0005 61"})
    EXPECT_FALSE(decode(raw(MessageType::data_amf0, hex(body)), {}));
}

TEST(Message, MediaIsNotCopied) {
  const RawMessage video = raw(MessageType::video, hex("17 00"), 3, 1);
  const auto decoded = decode(video, {});
  ASSERT_TRUE(decoded);
  EXPECT_EQ(std::get<Video>(decoded->body).body, video.payload);
  EXPECT_EQ(encode(*decoded)->payload, video.payload);
}

TEST(Message, UnknownTypesSurface) {
  for (const int type : {0, 7, 21, 255}) {
    const auto decoded = decode({static_cast<std::uint8_t>(type), 0, 0, makePayload(hex("01"))}, {});
    ASSERT_TRUE(decoded) << type;
    EXPECT_EQ(std::get<Unknown>(decoded->body).type, type);
  }
  EXPECT_TRUE(decode({21, 0, 0, nullptr}, {}));
}

TEST(Message, ChunkStreamsStayWhereServersLookForThem) {
  EXPECT_EQ(encode({9, 1, SetChunkSize{128}})->chunk_stream, 2);
  EXPECT_EQ(encode({9, 1, SetChunkSize{128}})->stream_id, 0u);
  EXPECT_EQ(command(0, "a", 1, nullptr).chunk_stream, 3);
  EXPECT_EQ(command(1, "a", 1, nullptr).chunk_stream, 5);
  EXPECT_EQ(chunkStreamFor(MessageType::audio, 1), 4);
  EXPECT_EQ(chunkStreamFor(MessageType::video, 1), 6);
  EXPECT_EQ(chunkStreamFor(MessageType::data_amf0, 1), 4);
}

TEST(Message, WhatCannotBeEncoded) {
  EXPECT_EQ(encode({0, 0, Data{{AmfValue::Reference{0}}, {}}}).error(), Error::amf_not_encodable);
  EXPECT_EQ(encode({0, 1, Video{makePayload(Bytes(0x1000000))}}).error(), Error::message_too_large);
  const Command answer = test::commandIn(command(0, "_result", 4, nullptr, {AmfValue::Reference{0}}));
  EXPECT_EQ(answer.transaction, 4);
  EXPECT_TRUE(answer.arguments.empty());
  EXPECT_EQ(test::commandIn(command(0, "a", nan, nullptr)).transaction, 0);
}

std::string part(std::string_view type, std::string_view time, std::string_view body,
                 std::string_view back = "00000000") {
  const std::size_t size = hex(body).size();
  return std::string(type) + " " + toHex(Bytes{std::byte{0}, std::byte{0}, static_cast<std::byte>(size)}) +
         " " + std::string(time) + " 000000 " + std::string(body) + " " + std::string(back);
}

Result<std::vector<RawMessage>> split(const std::string& body, std::uint32_t timestamp,
                                      const Limits& limits = {}) {
  return splitAggregate(raw(MessageType::aggregate, hex(body), timestamp, 1), limits);
}

TEST(Aggregate, PartsMoveByTheOuterTimestamp) {
  const auto parts = split(part("09", "0003e8 00", "1701") + part("08", "0003ff 00", "af01ff"), 5000);
  ASSERT_TRUE(parts);
  ASSERT_EQ(parts->size(), 2u);
  EXPECT_EQ((*parts)[0].timestamp, 5000u);
  EXPECT_EQ((*parts)[1].timestamp, 5023u);
  EXPECT_EQ((*parts)[1].type, 8);
  EXPECT_EQ((*parts)[1].stream_id, 1u);
  EXPECT_EQ(toHex(*(*parts)[1].payload), "af01ff");
}

TEST(Aggregate, TimestampsOfFourBytesAndBackwards) {
  const auto parts = split(part("09", "000000 ff", "01") + part("09", "fffff0 fe", "02"), 100);
  ASSERT_TRUE(parts);
  EXPECT_EQ((*parts)[0].timestamp, 100u);
  EXPECT_EQ((*parts)[1].timestamp, 84u);
}

TEST(Aggregate, LastBackPointerMayBeMissing) {
  for (const auto* back : {"", "0000", "00000000"}) {
    const auto parts = split(part("08", "000000 00", "af01", back), 0);
    ASSERT_TRUE(parts) << back;
    EXPECT_EQ(parts->size(), 1u);
  }
  EXPECT_TRUE(split("", 0));
}

TEST(Aggregate, HostileOnes) {
  EXPECT_EQ(split(part("16", "000000 00", "01"), 0).error(), Error::media_malformed);  // nested
  EXPECT_EQ(split("08 ffffff 000000 00 000000 01", 0).error(), Error::media_truncated);
  EXPECT_EQ(split("08 0000", 0).error(), Error::media_truncated);
  const auto control = split(part("01", "000000 00", "00000001") + part("14", "000000 00", "05"), 0);
  ASSERT_TRUE(control);
  EXPECT_TRUE(control->empty());
  Limits limits;
  limits.max_aggregate_parts = 2;
  const std::string two = part("08", "000000 00", "af01") + part("08", "000000 00", "af01");
  EXPECT_TRUE(split(two, 0, limits));
  EXPECT_EQ(split(two + part("08", "000000 00", "af01"), 0, limits).error(), Error::media_malformed);
}

}  // namespace
}  // namespace multiconn::rtmp
