// Shared objects from many threads at once, on a real Runtime.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

#include <multiconn/multiconn.hpp>

namespace multiconn {
namespace {

using namespace std::chrono_literals;

// A thread sees what it has set itself, whatever the strand and the others do meanwhile.
TEST(SharedObjectThreadsTest, AThreadSeesWhatItHasSet) {
  Runtime runtime;
  MultiConnection connection(runtime);
  SharedObject object = connection.sharedObjectSetup("chat");
  std::vector<std::thread> threads;
  std::atomic<int> wrong = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&connection, &wrong, t] {
      SharedObject mine = connection.sharedObjectSetup("chat");
      const std::string slot = "slot" + std::to_string(t);
      for (int i = 0; i < 2000; ++i) {
        mine.set(slot, i);
        if (mine.get(slot) != AmfValue(i)) ++wrong;
        if (i % 100 == 0) mine.remove(slot);
        if (i % 100 == 0 && mine.get(slot)) ++wrong;
        if (i % 500 == 0) mine.data();
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  EXPECT_EQ(object.data().size(), 4U);
}

TEST(SharedObjectThreadsTest, SetUpAndClosedFromEverywhere) {
  Runtime runtime;
  std::promise<void> closed;
  {
    MultiConnection connection(runtime);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t)
      threads.emplace_back([&connection] {
        for (int i = 0; i < 300; ++i) {
          SharedObject object = connection.sharedObjectSetup("chat");
          object.onSync([](std::span<const Change>) {});
          object.set("x", i);
          connection.setSoValue("chat.data.y", i);
          connection.getSoValue("chat.data.x");
          object.send("hello", {i});
          object.servers();
          object.close();
        }
      });
    for (std::thread& thread : threads) thread.join();
    connection.ncClose([&closed] { closed.set_value(); });
    EXPECT_EQ(closed.get_future().wait_for(5s), std::future_status::ready);
  }
}

}  // namespace
}  // namespace multiconn
