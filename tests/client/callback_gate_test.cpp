#include "client/callback_gate.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <thread>

namespace multiconn::client {
namespace {

TEST(CallbackGate, RunsUntilItIsClosed) {
  CallbackGate gate;
  int runs = 0;
  gate.run([&] { ++runs; });
  gate.close();
  gate.run([&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

TEST(CallbackGate, CloseWaitsForARunningCallback) {
  CallbackGate gate;
  std::promise<void> running, go_on;
  std::atomic<bool> finished = false;
  std::thread strand([&] {
    gate.run([&] {
      running.set_value();
      go_on.get_future().wait();
      finished = true;
    });
  });
  running.get_future().wait();
  auto closed = std::async(std::launch::async, [&] {
    gate.close();
    return finished.load();
  });
  go_on.set_value();
  EXPECT_TRUE(closed.get());
  strand.join();
}

TEST(CallbackGate, MayBeClosedFromInside) {
  CallbackGate gate;
  int runs = 0;
  gate.run([&] {
    gate.close();
    ++runs;
  });
  gate.run([&] { ++runs; });
  EXPECT_EQ(runs, 1);
}

TEST(CallbackGate, ACallbackThatThrowsLeavesItUsable) {
  CallbackGate gate;
  EXPECT_THROW(gate.run([] { throw std::runtime_error("x"); }), std::runtime_error);
  gate.close();
}

}  // namespace
}  // namespace multiconn::client
