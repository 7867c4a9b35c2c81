#include "support/loop.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

namespace multiconn::net::test {

struct Loop::Impl {
  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work{context.get_executor()};
  AsioScheduler scheduler{context};
};

Loop::Loop() : impl_(std::make_unique<Impl>()) {}
Loop::~Loop() = default;

AsioScheduler& Loop::scheduler() {
  return impl_->scheduler;
}

bool Loop::until(const std::function<bool()>& condition, std::chrono::milliseconds deadline) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= end) return false;
    impl_->context.run_one_until(end);
  }
  return true;
}

void Loop::settle() {
  impl_->context.poll();
}

void Loop::runFor(std::chrono::milliseconds time) {
  impl_->context.run_for(time);
}

}  // namespace multiconn::net::test
