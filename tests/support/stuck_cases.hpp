#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ostream>
#include <string>

#include "net/stuck_server.hpp"

namespace multiconn::test {

/// A server that stands still, for the tests of ending.
struct Stuck {
  std::string name;
  net::test::StuckAt point;
  bool tls = false;
  bool sends = false;  ///< so much is sent to it that it takes no more
};
inline void PrintTo(const Stuck& stuck, std::ostream* out) {
  *out << stuck.name;
}

/// For INSTANTIATE_TEST_SUITE_P.
inline auto everyStuckServer() {
  using net::test::StuckAt;
  return testing::Values(
      Stuck{"tcp", StuckAt::tcp}, Stuck{"rtmp_silent", StuckAt::first_bytes},
      Stuck{"rtmp_handshake", StuckAt::handshake}, Stuck{"tls_silent", StuckAt::first_bytes, true},
      Stuck{"tls_handshake", StuckAt::handshake, true}, Stuck{"rtmp_in_tls", StuckAt::rtmp_in_tls, true},
      Stuck{"open", StuckAt::open}, Stuck{"open_tls", StuckAt::open, true},
      Stuck{"reads_nothing", StuckAt::open, false, true},
      Stuck{"reads_nothing_tls", StuckAt::open, true, true});
}
inline std::string stuckName(const testing::TestParamInfo<Stuck>& stuck) {
  return stuck.param.name;
}

/// How long an end may take: 200 ms for a link's graceful close, 250 ms for a MultiConnection, after which
/// timers cut off what is left (message_pump_end_test.cpp and close_test.cpp have them in simulated time),
/// and what a busy machine is late.
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
inline constexpr std::chrono::milliseconds promised_end{1000};
#else
inline constexpr std::chrono::milliseconds promised_end{500};
#endif

/// `attempt` returns how long it took. A busy machine is late now and then, but not five times in a row.
template <typename Attempt>
void expectToEndInTime(Attempt attempt) {
  auto quickest = std::chrono::steady_clock::duration::max();
  for (int i = 0; i < 5 && quickest > promised_end; ++i)
    quickest = std::min<std::chrono::steady_clock::duration>(quickest, attempt());
  EXPECT_LE(quickest, promised_end);
}

/// How long that takes.
template <typename Action>
std::chrono::steady_clock::duration timeOf(Action action) {
  const auto before = std::chrono::steady_clock::now();
  action();
  return std::chrono::steady_clock::now() - before;
}

}  // namespace multiconn::test
