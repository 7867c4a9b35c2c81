// Clients of shared objects that read nothing, or say what nobody says.
#include "origin/object_events.hpp"
#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

TEST(SlowSubscriber, IsDroppedAndDelaysNobody) {
  auto options = testOptions();
  options.quotas.object_queue_bytes = 1024 * 1024;
  const OriginServer server(options);
  RtmpTestClient writer(server.port());
  RtmpTestClient good(server.port());
  RtmpTestClient slow(server.port(), {.receive_buffer = 8192});
  for (RtmpTestClient* client : {&writer, &good, &slow}) {
    ASSERT_TRUE(client->connect() && client->sendObject("o", {use()}) && client->nextObject());
  }
  int round = 0;
  EXPECT_TRUE(eventually([&] {
    ++round;
    const auto value = std::string(100'000, 'x') + std::to_string(round);
    if (!writer.sendObject("o", {set("x", value)}) || !writer.nextObject()) return true;
    const auto seen = good.nextObject();
    EXPECT_TRUE(seen && seen->events == ObjectEvents{changed("x", value)});
    return connections(server) == 2;
  }));
  EXPECT_TRUE(writer.sendObject("o", {set("x", 1)}) && writer.nextObject());
}

TEST(HostileObjects, AreSurvived) {
  const OriginServer server(testOptions());
  RtmpTestClient one(server.port());
  ASSERT_TRUE(one.connect());
  // What only servers say, what nobody says, and bodies that do not parse.
  for (int kind = 0; kind < 256; ++kind) {
    const auto number = static_cast<std::byte>(kind);
    rtmp::Bytes body;
    rtmp::ByteWriter(body)
        .u16(1)
        .text("o")
        .u32(0)
        .u32(0)
        .u32(0)
        .u8(static_cast<unsigned>(kind))
        .u32(3)
        .u16(1)
        .text("k");
    for (const auto type : {rtmp::MessageType::shared_object_amf0, rtmp::MessageType::shared_object_amf3}) {
      ASSERT_TRUE(one.send({type, 3, 0, 0, rtmp::makePayload(body)})) << kind;
    }
    body.resize(body.size() - 2);
    body.push_back(number);
    ASSERT_TRUE(one.send({rtmp::MessageType::shared_object_amf0, 3, 0, 0, rtmp::makePayload(body)}));
  }
  ASSERT_TRUE(
      one.sendObject("o", {message({}), message({1, 2}), set("a", 1), release(), release(), use(), use()}));
  ObjectEvents many;
  for (int i = 0; i < 20'000; ++i) many.push_back(set("k" + std::to_string(i % 7), i));
  ASSERT_TRUE(one.sendObject("o", many));
  ASSERT_TRUE(one.call("echo", {1}));
  RtmpTestClient next(server.port());
  EXPECT_TRUE(next.connect() && next.sendObject("o", {use()}) && next.nextObject());
}

TEST(HostileObjects, AClientThatWritesAndReadsNothingIsClosed) {
  const OriginServer server(testOptions());
  RtmpTestClient one(server.port(), {.receive_buffer = 8192});
  ASSERT_TRUE(one.connect() && one.sendObject("o", {use(), set("a", std::string(4000, 'x'))}));
  ObjectEvents writes;
  for (int i = 0; i < 500; ++i) writes.push_back(message({"again", std::string(1000, 'x')}));
  EXPECT_TRUE(eventually([&] { return !one.sendObject("o", writes); }));
  EXPECT_TRUE(eventually([&] { return connections(server) == 0; }));
}

}  // namespace
}  // namespace multiconn::test
