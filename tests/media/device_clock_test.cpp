#include "media/device_clock.hpp"

#include <gtest/gtest.h>

namespace multiconn::media {
namespace {

using namespace std::chrono_literals;

// A machine that has been up for an hour.
constexpr Microseconds wall_start = 1'700'000'000s;
constexpr Microseconds up = 1h;

DeviceClock::Now after(Microseconds time) {
  return {wall_start + time, up + time};
}

TEST(DeviceClock, TheWallClockIsMoved) {
  DeviceClock clock;
  EXPECT_EQ(clock.captured(wall_start - 30ms, after(0s)), up - 30ms);
  EXPECT_EQ(clock.captured(wall_start + 10ms, after(25ms)), up + 10ms);
}

TEST(DeviceClock, TheMonotonicClockStays) {
  DeviceClock clock;
  EXPECT_EQ(clock.captured(up - 5ms, after(0s)), up - 5ms);
  EXPECT_EQ(clock.captured(up + 28ms, after(40ms)), up + 28ms);
}

TEST(DeviceClock, WithoutATimestampItIsTheArrival) {
  DeviceClock clock;
  EXPECT_EQ(clock.captured(std::nullopt, after(1s)), up + 1s);
}

TEST(DeviceClock, AnotherClockIsThatOfThePacketDelayedLeast) {
  DeviceClock clock;
  EXPECT_EQ(clock.captured(0s, after(20ms)), up + 20ms);
  EXPECT_EQ(clock.captured(40ms, after(45ms)), up + 45ms);
  EXPECT_EQ(clock.captured(80ms, after(110ms)), up + 85ms) << "delayed by 5 ms at least, as the one before";
}

TEST(DeviceClock, ADriftIsFollowed) {
  DeviceClock fast, slow;
  for (int i = 0; i < 100'000; ++i) {
    const Microseconds arrival = i * Microseconds(10'000);
    const Microseconds ahead = fast.captured(i * Microseconds(10'010), after(arrival));
    const Microseconds behind = slow.captured(i * Microseconds(9'990), after(arrival));
    EXPECT_LE(ahead, up + arrival);
    EXPECT_GE(ahead, up + arrival - 21ms);
    EXPECT_LE(behind, up + arrival);
    EXPECT_GE(behind, up + arrival - 21ms);
  }
}

TEST(DeviceClock, ANewWallTimeBreaksNothing) {
  DeviceClock clock;
  Microseconds last = clock.captured(wall_start, after(0s));
  for (const Microseconds jump : {Microseconds(1h), Microseconds(-2h), Microseconds(3ms)}) {
    // Captured just before the clock was set, read just after.
    DeviceClock::Now now = after(100ms);
    now.wall += jump;
    const Microseconds time = clock.captured(wall_start + 90ms, now);
    EXPECT_GE(time, last);
    EXPECT_LE(time, now.monotonic);
    last = time;
  }
}

TEST(DeviceClock, NeverRunsBackwards) {
  DeviceClock clock;
  EXPECT_EQ(clock.captured(up + 40ms, after(50ms)), up + 40ms);
  EXPECT_EQ(clock.captured(up + 20ms, after(60ms)), up + 40ms);
}

}  // namespace
}  // namespace multiconn::media
