// What one peer may have done before the others have their turn: counted, not timed.
#include <gtest/gtest.h>

#include <algorithm>

#include "origin/client_connection.hpp"
#include "origin/gated_transport.hpp"
#include "origin/origin_fixture.hpp"
#include "origin/server_context.hpp"
#include "origin/test_application.hpp"
#include "rtmp/chunk_writer.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::test {
namespace {

using namespace origin;
using namespace std::chrono_literals;

/// A socket in memory: gives what a test has put into it.
class Line final : public net::Transport {
 public:
  explicit Line(SimulatedLoop& loop) : loop_(loop) {}

  void put(const rtmp::Bytes& bytes) {
    in_.insert(in_.end(), bytes.begin(), bytes.end());
    if (waiting_) loop_.post(std::exchange(waiting_, nullptr));
  }
  void finish() { finished_ = true; }
  std::size_t left() const { return in_.size() - read_; }
  bool closed() const { return closed_; }
  std::size_t written() const { return written_; }

  net::IoResult write(std::span<const rtmp::BytesView> slices) override {
    std::size_t bytes = 0;
    for (const rtmp::BytesView slice : slices) bytes += slice.size();
    written_ += bytes;
    return {.bytes = bytes};
  }
  net::IoResult read(std::span<std::byte> buffer) override {
    const std::size_t bytes = std::min(buffer.size(), left());
    std::copy_n(in_.begin() + static_cast<std::ptrdiff_t>(read_), bytes, buffer.begin());
    read_ += bytes;
    const bool short_of = bytes < buffer.size();
    return {.bytes = bytes, .would_block = short_of && !finished_, .ended = short_of && finished_};
  }
  void waitReadable(std::function<void()> ready) override {
    if (left() > 0 || finished_) return loop_.post(std::move(ready));
    waiting_ = std::move(ready);
  }
  void waitWritable(std::function<void()>) override {}
  void shutdownWrite() override {}
  void close() override {
    closed_ = true;
    waiting_ = nullptr;
  }
  net::TransportFigures figures() const override { return {}; }

 private:
  SimulatedLoop& loop_;
  rtmp::Bytes in_;
  std::function<void()> waiting_;
  std::size_t read_ = 0, written_ = 0;
  bool finished_ = false, closed_ = false;
};

class Turns : public testing::Test {
 protected:
  static OriginOptions options(std::size_t* plays, std::vector<std::string>* log) {
    OriginOptions options;
    options.application_factories["app"] = [plays](const std::string&) {
      return std::make_unique<TestApplication>(
          TestApplication::Callbacks{.play =
                                         [plays](TestApplication&, const Client&, const StreamRequest&) {
                                           ++*plays;
                                           return StreamDecision::accept();
                                         }},
          std::make_shared<Notes>());
    };
    options.log = [log](OriginLogLevel, const std::string& line) { log->push_back(line); };
    return options;
  }
  /// A client that has connected and has a stream; it has sent `behind` too, before anything is read.
  void connect(const std::vector<rtmp::OutMessage>& behind, std::size_t times) {
    auto transport = std::make_unique<Line>(loop);
    line = transport.get();
    rtmp::Bytes handshake(1 + 2 * std::size_t{1536});
    handshake[0] = std::byte{3};
    line->put(handshake);
    const AmfObject object{{"app", "app"}, {"tcUrl", "rtmp://host/app"}};
    put(rtmp::command(0, "connect", 1, object));
    put(rtmp::command(0, "createStream", 2, nullptr));
    for (std::size_t i = 0; i < times; ++i) {
      for (const rtmp::OutMessage& message : behind) put(message);
    }
    connection = std::make_shared<ClientConnection>(context, std::move(transport), "192.0.2.1:4711",
                                                    [this](ClientConnection&) { gone = true; });
    connection->start();
  }
  void put(const rtmp::OutMessage& message) {
    rtmp::ComposedMessage composed;
    writer.compose(message, composed);
    for (const rtmp::BytesView slice : composed.slices()) line->put(rtmp::Bytes(slice.begin(), slice.end()));
  }
  /// Runs everything, and counts in `most` how many plays there were between two turns of a bystander.
  void runWithBystander() {
    struct Bystander {
      Turns& test;
      std::size_t seen = 0;
      void turn() {
        test.most = std::max(test.most, test.plays - seen);
        seen = test.plays;
        if (++test.bystander_turns < 100'000 && !test.done()) test.loop.post([this] { turn(); });
      }
    };
    Bystander bystander{*this};
    bystander.turn();
    loop.settle();
  }
  bool done() const { return line->left() == 0 && plays >= wanted; }
  ~Turns() override {
    connection->leave();
    context.applications.stop();
    context.disk.finish();
    context.door->close();
  }

  SimulatedLoop loop;
  SimulatedScheduler scheduler{loop};
  std::size_t plays = 0, most = 0, bystander_turns = 0, wanted = 0;
  std::vector<std::string> log;
  ServerContext context{options(&plays, &log), scheduler};
  rtmp::ChunkWriter writer;
  Line* line = nullptr;
  std::shared_ptr<ClientConnection> connection;
  bool gone = false;
};

TEST_F(Turns, AFloodOfPlaysLeavesTheOthersTheirs) {
  wanted = 5000;
  connect({rtmp::command(1, "play", 0, nullptr, {"x"})}, wanted);
  runWithBystander();
  EXPECT_EQ(plays, wanted) << "all are served in the end";
  EXPECT_LE(most, 16U);
  EXPECT_GT(bystander_turns, wanted / 16);
  EXPECT_LT(log.size(), 200U) << "nor does it fill the log";
}

TEST_F(Turns, AFloodOfCallsLeavesTheOthersTheirs) {
  wanted = 1;
  connect({rtmp::command(0, "nothing", 0, nullptr)}, 20'000);
  put(rtmp::command(1, "play", 0, nullptr, {"x"}));
  runWithBystander();
  EXPECT_EQ(plays, 1U) << "in order";
  EXPECT_GT(bystander_turns, 20'000U / 64);
}

rtmp::OutMessage object(std::vector<rtmp::SharedObjectEvent> events) {
  rtmp::SharedObjectMessage message;
  message.name = "large";
  message.persistent = true;
  message.events = std::move(events);
  return *rtmp::encode({0, 0, message});
}

rtmp::SharedObjectEvent event(rtmp::SharedObjectEvent::Kind kind) {
  rtmp::SharedObjectEvent event;
  event.kind = kind;
  return event;
}

/// Joins and leaves what holds nearly a megabyte.
class LargeObject : public Turns {
 protected:
  static constexpr std::size_t bytes = 900 * 1000;
  void fill() {
    connect({object({use})}, 1);
    for (int i = 0; i < 900; ++i) {
      auto slot = event(rtmp::SharedObjectEvent::Kind::request_change);
      slot.name = "slot" + std::to_string(i);
      slot.value = std::string(bytes / 900, 'x');
      put(object({slot}));
    }
    loop.settle();
    before = line->written();
  }
  const rtmp::SharedObjectEvent use = event(rtmp::SharedObjectEvent::Kind::use);
  const rtmp::SharedObjectEvent release = event(rtmp::SharedObjectEvent::Kind::release);
  std::size_t before = 0;
};

TEST_F(LargeObject, IsPaidForByWhoeverAsksForItAgainAndAgain) {
  fill();
  wanted = 50;
  for (std::size_t i = 0; i < wanted; ++i) {
    put(object({use}));
    put(rtmp::command(1, "play", 0, nullptr, {"x"}));
  }
  runWithBystander();
  EXPECT_EQ(plays, wanted);
  EXPECT_GE(line->written() - before, wanted * bytes) << "all are served in the end";
  EXPECT_LE(most, 2U);
  EXPECT_GE(bystander_turns, wanted * 3 / 4);
}

TEST_F(LargeObject, CostsMoreWhenItHasToBeMadeAnew) {
  fill();
  wanted = 50;
  for (std::size_t i = 0; i < wanted; ++i) {
    put(object({release}));
    put(object({use}));
    put(rtmp::command(1, "play", 0, nullptr, {"x"}));
  }
  runWithBystander();
  EXPECT_GE(line->written() - before, wanted * bytes);
  EXPECT_LE(most, 1U);
  EXPECT_GE(bystander_turns, wanted * 4) << "the others have several turns for one of these";
}

TEST_F(LargeObject, IsJoinedOncePerMessage) {
  fill();
  std::vector<rtmp::SharedObjectEvent> again;
  for (int i = 0; i < 1000; ++i) again.insert(again.end(), {release, use});
  put(object(again));
  loop.settle();
  EXPECT_LT(line->written() - before, 2 * bytes);
  EXPECT_GT(line->written() - before, bytes);
}

TEST_F(Turns, WhatWasBroadcastLastCountsThoughThePeerHasGone) {
  std::vector<rtmp::OutMessage> frames;
  connect({}, 0);
  put(rtmp::command(1, "publish", 0, nullptr, {"x", "live"}));
  for (int i = 0; i < 2000; ++i) {
    put({rtmp::MessageType::audio, 4, static_cast<std::uint32_t>(i), 1,
         rtmp::makePayload(audioFrame(static_cast<unsigned char>(i)))});
  }
  line->finish();
  const auto received = [this]() -> std::uint64_t {
    const auto streams = context.streams.status();
    return streams.empty() || !streams[0].publisher ? 0 : streams[0].publisher->bytes;
  };
  std::uint64_t bytes = 0;
  EXPECT_TRUE(loop.runUntil([&] {
    bytes = std::max(bytes, received());
    return gone;
  }));
  EXPECT_EQ(bytes, 2000U * audioFrame(0).size());
}

TEST_F(Turns, APeerThatIsClosedInTheMiddleIsReadToItsEnd) {
  connect({rtmp::command(0, "nothing", 0, nullptr)}, 100);
  put(rtmp::command(0, "connect", 1, AmfObject()));
  for (int i = 0; i < 20'000; ++i) put(rtmp::command(0, "nothing", 0, nullptr));
  line->finish();
  loop.settle();
  EXPECT_TRUE(gone) << "without waiting for the deadline of closing";
}

class Gate : public testing::Test {
 protected:
  Gate() {
    auto inner = std::make_unique<Line>(loop);
    line = inner.get();
    gate = std::make_unique<GatedTransport>(scheduler, std::move(inner));
    line->put(rtmp::Bytes(100'000));
  }
  std::array<std::byte, 65536> buffer{};
  SimulatedLoop loop;
  SimulatedScheduler scheduler{loop};
  Line* line = nullptr;
  std::unique_ptr<GatedTransport> gate;
};

TEST_F(Gate, HoldsBackTheReaderWhileShut) {
  gate->shut();
  const auto held = gate->read(buffer);
  EXPECT_EQ(held.bytes, 0U);
  EXPECT_TRUE(held.would_block);
  bool ready = false;
  gate->waitReadable([&] { ready = true; });
  loop.settle();
  EXPECT_FALSE(ready);
  gate->open();
  EXPECT_FALSE(ready) << "as a task of its own";
  loop.settle();
  EXPECT_TRUE(ready);
  EXPECT_EQ(gate->read(buffer).bytes, 4096U);
  EXPECT_EQ(gate->read(buffer).bytes, 8192U) << "larger pieces again as long as it goes well";
}

TEST_F(Gate, TellsOfTheEndBehindTheLastBytes) {
  line->finish();
  EXPECT_EQ(gate->read(buffer).bytes, 65536U);
  const auto last = gate->read(buffer);
  EXPECT_EQ(last.bytes, 100'000U - 65536);
  EXPECT_FALSE(last.ended || last.would_block);
  gate->shut();
  EXPECT_TRUE(gate->read(buffer).would_block);
  gate->open();
  EXPECT_TRUE(gate->read(buffer).ended);
}

TEST_F(Gate, CallsNobodyOnceClosed) {
  gate->shut();
  gate->waitReadable([] { FAIL(); });
  gate->open();
  gate->close();
  loop.settle();
  EXPECT_TRUE(line->closed());
}

}  // namespace
}  // namespace multiconn::test
