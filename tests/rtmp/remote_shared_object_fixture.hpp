#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "rtmp/hex.hpp"
#include "rtmp/shared_object_text.hpp"

namespace multiconn::rtmp::test {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// One object and what comes out of it, in simulated time.
class RemoteSharedObjectTest : public testing::Test {
 protected:
  void take(ReplicaReaction reaction) {
    for (const auto& message : reaction.send) sent.push_back(text(message));
    for (const auto& event : reaction.events) events.push_back(text(event));
  }
  void use(bool amf3 = false) { take(object.use(amf3, now)); }
  void hear(std::vector<SharedObjectEvent> list) {
    ++version;
    take(object.handle(message("chat", version, std::move(list)), now));
  }
  void hearBytes(std::string_view digits) {
    const Bytes body = hex(digits);
    const auto decoded = decodeSharedObject(body, false, Limits());
    ASSERT_TRUE(decoded) << digits;
    take(object.handle(*decoded, now));
  }
  void wait(Duration span) {
    const TimePoint end = now + span;
    while (const auto wake = object.wakeAt()) {
      if (*wake > end) break;
      now = std::max(now, *wake);
      take(object.tick(now));
    }
    now = end;
  }
  void set(std::string slot, SlotValue value) {
    ASSERT_TRUE(object.set(std::move(slot), std::move(value), 0, now));
  }
  /// In use and settled, with nothing to tell; then these slots are there.
  void joinWith(std::vector<SharedObjectEvent> slots = {}) {
    use();
    slots.insert(slots.begin(), useSuccess());
    hear(std::move(slots));
    wait(150ms);
    sent.clear();
    events.clear();
  }
  Lines takeSent() { return std::exchange(sent, {}); }
  Lines takeEvents() { return std::exchange(events, {}); }
  std::string held(const std::string& slot) const { return text(object.confirmed(slot)); }

  TimePoint now = TimePoint(1h);
  RemoteSharedObject object{"chat", false};
  std::uint32_t version = 0;
  Lines sent, events;
};

}  // namespace multiconn::rtmp::test
