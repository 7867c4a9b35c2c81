// A change's way from a viewer at one server, through a presenter that relays, to a viewer at another.
#include "client/shared_object_fixture.hpp"

namespace multiconn::test {
namespace {

constexpr auto tick = 40ms;

/// A MultiConnection at one server, and when each slot's change came there.
struct RelayViewer {
  RelayViewer(Runtime& runtime, const SimulatedLoop& loop, const std::string& host) : connection(runtime) {
    object = connection.sharedObjectSetup("chat");
    object.onSync([this, &loop](std::span<const Change> changes) {
      for (const Change& change : changes)
        if (change.code == Change::Code::change || change.code == Change::Code::deleted)
          seen[change.slot] = {text(rtmp::SlotValue(object.get(change.slot))), loop.now()};
    });
    connection.connect({at(host)});
  }

  std::map<std::string, std::pair<std::string, net::TimePoint>> seen;
  MultiConnection connection;
  SharedObject object;
};

class SharedObjectRelayTest : public SharedObjectTest {
 protected:
  /// A presenter at "a" and "b", and a viewer at each.
  void begin(net::Duration round_trip) {
    objectsAt("a", Manner::crtmpserver, round_trip);
    objectsAt("b", Manner::red5, round_trip);
    presenter = joined({"a", "b"});
    presenter.relay(true);
    left.emplace(runtime, world.loop, "a");
    right.emplace(runtime, world.loop, "b");
    world.loop.runFor(2s);
    ASSERT_THAT(states(left->object), testing::ElementsAre(State::joined));
    ASSERT_THAT(states(right->object), testing::ElementsAre(State::joined));
  }
  /// That `to` has it, no later than a tick and a round trip behind `set_at` at the other server, and what
  /// the way from its own server takes.
  static void expectSeen(const RelayViewer& to, const std::string& slot, const std::string& value,
                         net::TimePoint set_at, net::Duration round_trip) {
    ASSERT_TRUE(to.seen.contains(slot)) << slot;
    const auto& [came, when] = to.seen.at(slot);
    EXPECT_EQ(came, value) << slot;
    EXPECT_LE(when - set_at, tick + round_trip + round_trip / 2) << slot;
  }

  SharedObject presenter;
  std::optional<RelayViewer> left, right;
};

TEST_F(SharedObjectRelayTest, AViewersChangeIsSeenAtTheOtherServerWithinATickAndARoundTrip) {
  constexpr auto round_trip = 60ms;
  begin(round_trip);
  for (int i = 0; i < 41; ++i) {
    const std::string slot = "x" + std::to_string(i);
    const bool rightwards = i % 2 == 0;
    RelayViewer& from = rightwards ? *left : *right;
    RelayViewer& to = rightwards ? *right : *left;
    from.object.set(slot, i);
    from.object.flush();
    const net::TimePoint set_at = world.loop.now() + round_trip / 2;
    world.loop.runFor(501ms);
    expectSeen(to, slot, std::to_string(i), set_at, round_trip);
  }
  left->object.remove("x0");
  left->object.flush();
  const net::TimePoint removed_at = world.loop.now() + round_trip / 2;
  world.loop.runFor(500ms);
  expectSeen(*right, "x0", "none", removed_at, round_trip);
}

// Near servers answer a batch before the next is due: only the tick holds a change back.
TEST_F(SharedObjectRelayTest, SoIsEachOfManyThatFollowOneAnother) {
  constexpr auto round_trip = 20ms;
  begin(round_trip);
  std::map<std::string, net::TimePoint> set_at;
  for (int i = 0; i < 100; ++i) {
    const std::string slot = "x" + std::to_string(i);
    set_at[slot] = world.loop.now();
    servers["a"]->set("chat", slot, i);
    world.loop.runFor(7ms);
  }
  world.loop.runFor(500ms);
  for (int i = 0; i < 100; ++i) {
    const std::string slot = "x" + std::to_string(i);
    expectSeen(*right, slot, std::to_string(i), set_at[slot], round_trip);
  }
}

}  // namespace
}  // namespace multiconn::test
