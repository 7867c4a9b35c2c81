#pragma once

#include <gtest/gtest.h>

#include <chrono>

namespace multiconn::test {

/// Ends are promised within 200 ms (a link's graceful close) and 250 ms (a MultiConnection's), which
/// message_pump_end_test.cpp and close_test.cpp prove in simulated time. Over real sockets and threads the
/// question is what could hold one up: a server that stands still does so for good, a resolver hangs for a
/// minute, and the tests' own time-outs are as long. No machine is that late.
inline constexpr std::chrono::seconds end_deadline{5};

/// That `action`, which blocks, comes back before end_deadline.
template <typename Action>
void expectToEndInTime(Action action) {
  const auto before = std::chrono::steady_clock::now();
  action();
  EXPECT_LT(std::chrono::steady_clock::now() - before, end_deadline);
}

}  // namespace multiconn::test
