#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "support/loop.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;

TEST(AsioScheduler, RunsTasksInTheOrderOfTheirPost) {
  Loop loop;
  std::vector<int> order;
  for (int i = 0; i < 100; ++i) loop.scheduler().post([&order, i] { order.push_back(i); });
  ASSERT_TRUE(loop.until([&] { return order.size() == 100; }));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(order[static_cast<std::size_t>(i)], i);
}

TEST(AsioScheduler, NeverRunsATaskInsidePost) {
  Loop loop;
  bool inside = false, checked = false;
  loop.scheduler().post([&] {
    inside = true;
    loop.scheduler().post([&] {
      EXPECT_FALSE(inside);
      checked = true;
    });
    inside = false;
  });
  EXPECT_TRUE(loop.until([&] { return checked; }));
}

TEST(AsioScheduler, TakesTasksFromAnyThread) {
  Loop loop;
  int sum = 0;  // no atomic: the strand is what protects it
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 100; ++i) loop.scheduler().post([&sum] { ++sum; });
    });
  }
  EXPECT_TRUE(loop.until([&] { return sum == 400; }));
  for (std::thread& thread : threads) thread.join();
}

TEST(AsioScheduler, FiresTimersInTheOrderOfTheirTime) {
  Loop loop;
  std::vector<int> order;
  const Timer late = loop.scheduler().after(20ms, [&] { order.push_back(2); });
  const Timer soon = loop.scheduler().after(1ms, [&] { order.push_back(1); });
  ASSERT_TRUE(loop.until([&] { return order.size() == 2; }));
  EXPECT_EQ(order, (std::vector{1, 2}));
}

TEST(AsioScheduler, ACancelledTimerNeverFires) {
  Loop loop;
  bool fired = false, passed = false;
  Timer cancelled = loop.scheduler().after(1ms, [&] { fired = true; });
  {
    const Timer destroyed = loop.scheduler().after(1ms, [&] { fired = true; });
  }
  cancelled.cancel();
  const Timer later = loop.scheduler().after(10ms, [&] { passed = true; });
  ASSERT_TRUE(loop.until([&] { return passed; }));
  EXPECT_FALSE(fired);
}

TEST(AsioScheduler, ATimerCanCancelAnotherThatIsDueToo) {
  Loop loop;
  int fired = 0;
  Timer first, second;
  first = loop.scheduler().after(0ms, [&] { ++fired, second.cancel(); });
  second = loop.scheduler().after(0ms, [&] { ++fired, first.cancel(); });
  loop.runFor(20ms);
  EXPECT_EQ(fired, 1);
}

TEST(AsioScheduler, ATimerCanDestroyItself) {
  Loop loop;
  bool fired = false;
  auto timer = std::make_unique<Timer>();
  *timer = loop.scheduler().after(0ms, [&, text = std::string(100, 'x')] {
    timer.reset();
    fired = text.size() == 100;
  });
  EXPECT_TRUE(loop.until([&] { return fired; }));
}

TEST(AsioScheduler, ATaskThatNeverRanIsDestroyedWithTheLoop) {
  const auto held = std::make_shared<int>();
  Timer timer;
  {
    Loop loop;
    loop.scheduler().post([held] {});
    timer = loop.scheduler().after(1h, [held] {});
    EXPECT_EQ(held.use_count(), 3);
    timer.cancel();
  }
  EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace multiconn::net::test
