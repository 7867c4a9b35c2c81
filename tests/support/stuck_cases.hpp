#pragma once

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "support/stuck_server.hpp"

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

}  // namespace multiconn::test
