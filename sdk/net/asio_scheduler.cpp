#include "net/asio_scheduler.hpp"

#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include "net/asio_strand.hpp"

namespace multiconn::net {

namespace asio = boost::asio;

namespace {

using SteadyTimer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                               asio::wait_traits<std::chrono::steady_clock>, Strand>;

// The task lives in the timer's handler and not in here: an owner of the Timer that its own task keeps alive
// is then let go when the io_context is destroyed without having run the task.
class PendingCall final : public Timer::Pending {
 public:
  PendingCall(const Strand& strand, Duration delay, std::function<void()> task)
      : state_(std::make_shared<State>(strand, delay)) {
    // A completion may stand in the strand's queue already when the timer is cancelled: the flag decides, not
    // the error code.
    state_->timer.async_wait([state = state_, call = std::move(task)](const boost::system::error_code&) {
      if (!std::exchange(state->over, true)) call();
    });
  }
  ~PendingCall() override {
    if (!std::exchange(state_->over, true)) state_->timer.cancel();
  }

 private:
  struct State {
    State(const Strand& strand, Duration delay) : timer(strand, delay) {}
    SteadyTimer timer;
    bool over = false;
  };

  std::shared_ptr<State> state_;
};

}  // namespace

AsioScheduler::AsioScheduler(asio::io_context& context)
    : impl_(std::make_unique<Impl>(Impl{asio::make_strand(context)})) {}

AsioScheduler::~AsioScheduler() = default;

void AsioScheduler::post(std::function<void()> task) {
  asio::post(impl_->strand, std::move(task));
}

Timer AsioScheduler::after(Duration delay, std::function<void()> task) {
  return Timer(std::make_unique<PendingCall>(impl_->strand, delay, std::move(task)));
}

TimePoint AsioScheduler::now() const {
  return std::chrono::steady_clock::now();
}

std::shared_ptr<void> AsioScheduler::work() const {
  return std::make_shared<asio::executor_work_guard<Strand>>(impl_->strand);
}

}  // namespace multiconn::net
