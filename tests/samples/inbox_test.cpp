#include "publish/inbox.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace publish {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(Inbox, DoesWorkFromAnotherThreadInItsOrder) {
  Inbox inbox([] {});
  std::vector<int> done;
  std::thread other([&] {
    for (int number = 0; number < 100; ++number) inbox.post([&done, number] { done.push_back(number); });
  });
  inbox.runUntil(Clock::now() + 10s, [&] { return done.size() == 100; });
  other.join();
  ASSERT_EQ(done.size(), 100U);
  for (int number = 0; number < 100; ++number) EXPECT_EQ(done[static_cast<std::size_t>(number)], number);
}

TEST(Inbox, WorkMayPostMore) {
  Inbox inbox([] {});
  bool second = false;
  inbox.post([&] { inbox.post([&] { second = true; }); });
  inbox.runUntil(Clock::now() + 10s, [&] { return second; });
  EXPECT_TRUE(second);
}

TEST(Inbox, ReturnsAtTheDeadline) {
  Inbox inbox([] {});
  inbox.runUntil(Clock::now() + 1ms, [] { return false; });
  SUCCEED();
}

TEST(Inbox, ASignalArrivesAsACall) {
  int interrupts = 0;
  Inbox inbox([&] { ++interrupts; });
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    std::raise(number);
    const int before = interrupts;
    inbox.runUntil(Clock::now() + 10s, [&] { return interrupts > before; });
  }
  EXPECT_EQ(interrupts, 3);
}

}  // namespace
}  // namespace publish
