// What one server can make a replica of its object hold.
#include "rtmp/remote_shared_object_fixture.hpp"

namespace multiconn::rtmp {
namespace {

using namespace test;
using testing::Contains;
using testing::ElementsAre;

using ReplicaBounds = RemoteSharedObjectTest;

TEST_F(ReplicaBounds, NamesOfSlotsAreAtMost1024BytesLong) {
  joinWith();
  const std::string longest(1024, 'x');
  hear({changed(longest, 1)});
  EXPECT_EQ(held(longest), "1");
  takeEvents();
  hear({changed(longest + "x", 1)});
  EXPECT_THAT(takeEvents(), ElementsAre("too large"));
  EXPECT_EQ(object.state(), RemoteSharedObject::State::refused);
  EXPECT_TRUE(object.confirmed().empty());
}

TEST_F(ReplicaBounds, NorMayTheyBeLongerWhenItIsJoined) {
  use();
  hear({useSuccess(), changed(std::string(1025, 'x'), 1)});
  EXPECT_THAT(takeEvents(), Contains("too large"));
  use();
  hear({changed(std::string(1025, 'x'), 1), useSuccess()});
  EXPECT_THAT(takeEvents(), Contains("too large"));
}

// Until an object has settled, what was removed meanwhile is not taken for how it was when it was joined.
TEST_F(ReplicaBounds, WhatIsRemovedWhileItSettlesIsRememberedWithinBounds) {
  object = RemoteSharedObject("chat", false, {.removed_bytes = 10'000});
  use();
  hear({useSuccess()});
  const auto slot = [](int i) { return std::string(900, 'x') + std::to_string(i); };
  for (int i = 0; i < 100; ++i) hear({changed(slot(i), 1), removed(slot(i))});
  const auto again = [&](int i) {
    const ReplicaReaction reaction = object.handle(message("chat", 1, {changed(slot(i), 2)}), now);
    return std::get<replica_event::SlotChanged>(reaction.events.at(0)).kind;
  };
  using Kind = replica_event::SlotChanged::Kind;
  EXPECT_EQ(again(0), Kind::changed);
  EXPECT_EQ(again(9), Kind::changed);
  EXPECT_EQ(again(50), Kind::snapshot) << "not remembered";
}

}  // namespace
}  // namespace multiconn::rtmp
