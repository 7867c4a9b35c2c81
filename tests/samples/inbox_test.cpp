#include "publish/inbox.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <thread>

namespace publish {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

TEST(Inbox, DoesWorkFromAnotherThreadInItsOrder) {
  Inbox inbox;
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
  Inbox inbox;
  bool second = false;
  inbox.post([&] { inbox.post([&] { second = true; }); });
  inbox.runUntil(Clock::now() + 10s, [&] { return second; });
  EXPECT_TRUE(second);
}

TEST(Inbox, ReturnsAtTheDeadline) {
  Inbox inbox;
  const auto deadline = Clock::now() + 20ms;
  inbox.runUntil(deadline, [] { return false; });
  EXPECT_GE(Clock::now(), deadline);
}

TEST(Inbox, ASignalArrivesAsACall) {
  const auto numbers = {SIGINT, SIGTERM, SIGHUP};
  // Whoever started this may have had some of them ignored.
  for (const int number : numbers) std::signal(number, SIG_DFL);
  int interrupts = 0;
  Inbox inbox;
  inbox.onInterrupt([&] { ++interrupts; });
  for (const int number : numbers) {
    std::raise(number);
    const int before = interrupts;
    inbox.runUntil(Clock::now() + 10s, [&] { return interrupts > before; });
  }
  EXPECT_EQ(interrupts, 3);
}

TEST(Inbox, ASignalIsKeptForWhoeverAsksForIt) {
  std::signal(SIGTERM, SIG_DFL);
  Inbox inbox;
  std::raise(SIGTERM);
  bool worked = false;
  inbox.post([&] { worked = true; });
  inbox.runUntil(Clock::now() + 10s, [&] { return worked; });
  int interrupts = 0;
  inbox.onInterrupt([&] { ++interrupts; });
  inbox.runUntil(Clock::now() + 10s, [&] { return interrupts > 0; });
  EXPECT_EQ(interrupts, 1);
}

TEST(Inbox, ASignalThatWasIgnoredStaysIgnored) {
  std::signal(SIGHUP, SIG_IGN);
  std::signal(SIGTERM, SIG_DFL);
  int interrupts = 0;
  {
    Inbox inbox;
    inbox.onInterrupt([&] { ++interrupts; });
    std::raise(SIGHUP);
    std::raise(SIGTERM);
    inbox.runUntil(Clock::now() + 10s, [&] { return interrupts > 0; });
  }
  EXPECT_EQ(interrupts, 1);
  EXPECT_EQ(std::signal(SIGHUP, SIG_DFL), SIG_IGN) << "after it, too";
  EXPECT_EQ(std::signal(SIGTERM, SIG_DFL), SIG_DFL);
}

}  // namespace
}  // namespace publish
