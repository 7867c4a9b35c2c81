#pragma once

#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "support/simulated_loop.hpp"

namespace multiconn::chaos {

/// What is wrong with a run, with the time at which it was seen; and all that happens, on standard output,
/// when that is wanted.
class Complaints {
 public:
  Complaints(const test::SimulatedLoop& loop, bool tell) : loop_(loop), start_(loop.now()), tell_(tell) {}

  void add(const std::string& what) {
    tell("WRONG: " + what);
    if (list_.size() < most) list_.push_back("after " + now() + ": " + what);
  }
  void tell(const std::string& what) const {
    if (tell_) std::cout << now() << "  " << what << "\n";
  }
  std::vector<std::string> take() { return std::exchange(list_, {}); }

 private:
  static constexpr std::size_t most = 20;
  std::string now() const {
    return std::to_string((loop_.now() - start_) / std::chrono::milliseconds(1)) + " ms";
  }

  const test::SimulatedLoop& loop_;
  net::TimePoint start_;
  bool tell_;
  std::vector<std::string> list_;
};

}  // namespace multiconn::chaos
