#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/merged_object.hpp"
#include "rtmp/shared_object_text.hpp"

namespace multiconn::client::test {

using namespace std::chrono_literals;
using namespace rtmp::test;
using rtmp::SlotValue;
using Lines = std::vector<std::string>;

constexpr ServerId A{0}, B{1}, C{2};

inline std::string text(const Change& change) {
  std::string line = name(change.code);
  if (!change.slot.empty()) line += " " + change.slot;
  if (!change.old_value.isNull()) line += " was " + rtmp::test::text(change.old_value);
  return line + (change.server ? std::string("@") + "ABC"[static_cast<int>(*change.server)] : "");
}

/// Servers A, B and C whose words are given by the test; what is sent to them and told is written down.
class MergedObjectTest : public testing::Test, protected MergedObjectEvents {
 protected:
  void transmit(ServerId server, rtmp::SharedObjectMessage message) override {
    std::string line(1, "ABC"[static_cast<int>(server)]);
    for (const auto& event : message.events) line += " " + rtmp::test::text(event);
    sent_to.push_back(line);
  }
  void viewChanged(const std::string& slot, const SlotValue& value) override { published[slot] = value; }
  void synced(ServerId, std::vector<Change> changes) override {
    std::string line;
    for (const Change& change : changes) line += (line.empty() ? "" : ", ") + text(change);
    syncs.push_back(line);
  }
  void sent(ServerId, const std::string& handler, const std::vector<AmfValue>&) override {
    told.push_back(handler);
  }
  void status(ServerId, const std::string& code, const std::string&) override { told.push_back(code); }
  void refused(ServerId, bool too_large) override { told.push_back(too_large ? "too large" : "refused"); }
  void noAnswer(ServerId) override { told.push_back("no answer"); }
  void notCarried(ServerId, const std::string& slot) override { told.push_back("not carried " + slot); }

  void hear(ServerId server, std::vector<rtmp::SharedObjectEvent> events) {
    object.handle(server, message("chat", ++version[server], std::move(events)), now);
  }
  void join(ServerId server, std::vector<rtmp::SharedObjectEvent> slots = {}) {
    object.join(server, false, now);
    slots.insert(slots.begin(), {useSuccess(), cleared()});
    hear(server, std::move(slots));
  }
  /// Joined, settled, and nothing to tell.
  void joinAll(const std::vector<rtmp::SharedObjectEvent>& slots = {}) {
    for (const ServerId server : {A, B}) {
      object.expect(server);
      join(server, slots);
    }
    wait(200ms);
    forgetLines();
  }
  void wait(rtmp::Duration span) {
    const rtmp::TimePoint end = now + span;
    while (const auto wake = object.wakeAt()) {
      if (*wake > end) break;
      now = std::max(now, *wake);
      object.tick(now);
    }
    now = end;
  }
  void set(const std::string& slot, SlotValue value) { EXPECT_TRUE(object.set(slot, std::move(value), now)); }
  std::string shown(const std::string& slot) const { return rtmp::test::text(object.value(slot)); }
  Lines takeSent() { return std::exchange(sent_to, {}); }
  Lines takeSyncs() { return std::exchange(syncs, {}); }
  void forgetLines() {
    sent_to.clear();
    syncs.clear();
  }

  rtmp::TimePoint now = rtmp::TimePoint(1h);
  std::map<ServerId, std::uint32_t> version;
  Lines sent_to, syncs, told;
  std::map<std::string, SlotValue> published;

  void anew(rtmp::SharedObjectBounds bounds = {}) {
    made.emplace("chat", false, listener, 1, bounds);
    version.clear();
    forgetLines();
  }
  MergedObjectEvents& listener = *this;
  std::optional<MergedObject> made{std::in_place, "chat", false, listener, 1};
  MergedObject& object = *made;
};

}  // namespace multiconn::client::test
