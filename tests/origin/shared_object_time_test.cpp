// How long a change is under way in the server, in simulated time: what a presenter that relays between two
// servers adds its own tick to.
#include <gtest/gtest.h>

#include "origin/bare_member.hpp"

namespace multiconn::test {
namespace {

using namespace origin;
using namespace std::chrono_literals;
using Event = rtmp::SharedObjectEvent;

/// A client without a network: writes, and notes when each change of others came.
class Viewer final : BareMember {
 public:
  Viewer(SimulatedLoop& loop, SharedObjectStore& store, const OriginQuotas& quotas, std::uint64_t id)
      : BareMember(loop, store, quotas, id) {
    Event use;
    use.kind = Event::Kind::use;
    say(use);
  }
  void set(const std::string& slot, double value) {
    Event event;
    event.kind = Event::Kind::request_change;
    event.name = slot;
    event.value = value;
    say(event);
  }

  std::vector<net::TimePoint> seen;

 private:
  void say(const Event& event) {
    rtmp::SharedObjectMessage message;
    message.name = "o";
    message.events = {event};
    objects_.receive(message);
  }
  void hear(const rtmp::SharedObjectMessage& message) override {
    for (const Event& event : message.events)
      if (event.kind == Event::Kind::change) seen.push_back(loop_.now());
  }
};

class ObjectTime : public testing::Test, protected BareStore {
 protected:
  Viewer author{loop, store, services.quotas, 1}, reader{loop, store, services.quotas, 2};
};

TEST_F(ObjectTime, AChangeBehindAPauseTakesNone) {
  for (int i = 0; i < 5; ++i) {
    loop.runFor(1s);
    const auto written = loop.now();
    author.set("slide", i);
    loop.runFor(20ms);
    ASSERT_EQ(reader.seen.size(), static_cast<std::size_t>(i) + 1);
    EXPECT_EQ(reader.seen.back(), written);
  }
}

TEST_F(ObjectTime, OneAmongManyTakesFiveMillisecondsAtMost) {
  loop.runFor(1s);
  std::vector<net::TimePoint> written;
  for (int i = 0; i < 200; ++i) {
    written.push_back(loop.now());
    author.set("slot" + std::to_string(i), i);
    loop.runFor(1ms);
  }
  loop.runFor(20ms);
  ASSERT_EQ(reader.seen.size(), written.size());
  for (std::size_t i = 0; i < written.size(); ++i) {
    EXPECT_GE(reader.seen[i], written[i]);
    EXPECT_LE(reader.seen[i] - written[i], 5ms) << i;
  }
}

}  // namespace
}  // namespace multiconn::test
