#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <utility>

#include <multiconn/multiconn.hpp>

#include "client/local_server.hpp"

namespace multiconn::test {

using namespace std::chrono_literals;

inline constexpr auto deadline = 20s;

/// Something that happens on another thread, waited for with a deadline.
class Event {
 public:
  void set() {
    if (!std::exchange(set_, true)) promise_.set_value();
  }
  bool wait() { return future_.wait_for(deadline) == std::future_status::ready; }

 private:
  std::promise<void> promise_;
  std::future<void> future_ = promise_.get_future();
  bool set_ = false;  // callbacks do not overlap
};

// Built once for each engine.
inline Destination to(const LocalServer& server) {
  Destination destination;
  destination.url = server.url();
  destination.stream = "key";
  destination.engine = LinkEngine::MULTICONN_TEST_ENGINE;
  return destination;
}

}  // namespace multiconn::test
