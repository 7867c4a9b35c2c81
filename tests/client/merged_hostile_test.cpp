// Servers that say anything, in any order, to an object that relays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/merged_model.hpp"
#include "rtmp/shared_object_text.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using namespace rtmp::test;

constexpr rtmp::SharedObjectBounds small_bounds{.slots = 6, .bytes = 4000};

class HostileServers final : client::MergedObjectEvents {
 public:
  explicit HostileServers(std::uint64_t seed) : chance(seed) { object.relay(true, now); }

  void step() {
    const auto server = static_cast<ServerId>(chance.below(3));
    switch (chance.below(8)) {
      case 0:
        object.join(server, chance.percent(50), now);
        break;
      case 1:
        object.lost(server);
        break;
      case 2:
        object.set(slot(), value(), now);
        break;
      case 3:
        wait(std::chrono::milliseconds(chance.below(400)));
        break;
      case 4:
        chance.percent(50) ? object.exclude(server) : object.expect(server);
        break;
      default:
        object.handle(server, words(), now);
    }
  }
  void wait(rtmp::Duration span) {
    const rtmp::TimePoint end = now + span;
    while (const auto wake = object.wakeAt()) {
      if (*wake > end) break;
      now = std::max(now, *wake);
      object.tick(now);
      ++ticks;
    }
    now = end;
  }
  std::map<std::string, AmfValue> view() const {
    std::map<std::string, AmfValue> slots;
    const AmfObject data = object.data();
    for (const AmfProperty& property : data.properties()) slots[property.name] = property.value;
    return slots;
  }

  Chance chance;
  rtmp::TimePoint now = rtmp::TimePoint(1h);
  client::MergedObject object{"chat", false, *this, 1, small_bounds};
  std::map<std::string, AmfValue> published;
  std::size_t ticks = 0;

 private:
  std::string slot() { return std::string(1, static_cast<char>('a' + chance.below(5))); }
  rtmp::SlotValue value() {
    if (chance.percent(20)) return {};
    return chance.percent(5) ? AmfValue(std::string(1500, 'x')) : AmfValue(chance.below(3));
  }
  rtmp::SharedObjectMessage words() {
    std::vector<rtmp::SharedObjectEvent> events;
    for (std::uint64_t count = 1 + chance.below(4); count > 0; --count) {
      rtmp::SharedObjectEvent event;
      event.kind = static_cast<EventKind>(1 + chance.below(11));
      event.name = chance.percent(3) ? "SharedObject.NoWriteAccess" : slot();
      event.value = value().value_or(nullptr);
      if (chance.percent(50)) event.values = {AmfValue(slot()), event.value};
      event.level = chance.percent(50) ? "error" : "status";
      events.push_back(std::move(event));
    }
    return message("chat", static_cast<std::uint32_t>(chance.below(10)), std::move(events));
  }

  void transmit(ServerId, rtmp::SharedObjectMessage) override {}
  void viewChanged(const std::string& name, const rtmp::SlotValue& changed) override {
    if (changed) {
      published[name] = *changed;
    } else {
      published.erase(name);
    }
  }
  void synced(ServerId, std::vector<Change>) override {}
  void sent(ServerId, const std::string&, const std::vector<AmfValue>&) override {}
  void status(ServerId, const std::string&, const std::string&) override {}
  void refused(ServerId, bool) override {}
  void noAnswer(ServerId) override {}
  void notCarried(ServerId, const std::string&) override {}
};

TEST(MergedHostileTest, StaysBoundedAndComesToRest) {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    HostileServers world(seed);
    for (int i = 0; i < 200; ++i) {
      world.step();
      ASSERT_LE(world.object.data().size(), small_bounds.slots);
      ASSERT_LE(world.object.remembered(), small_bounds.slots);
    }
    EXPECT_EQ(world.view(), world.published);
    world.ticks = 0;
    world.wait(10min);
    EXPECT_FALSE(world.object.wakeAt());
    EXPECT_LT(world.ticks, 200U);
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace multiconn::test
