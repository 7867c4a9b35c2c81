#include "client/asio_engine.hpp"

#include <pthread.h>
#include <sched.h>

#include <array>
#include <bit>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <future>
#include <thread>

#include <multiconn/asio.hpp>

#include "net/asio_scheduler.hpp"
#include "net/fetch.hpp"
#include "net/link_factory.hpp"
#include "net/random.hpp"

namespace multiconn {

namespace {

namespace asio = boost::asio;

constexpr std::chrono::milliseconds time_to_close{250};

/// On somebody's io_context.
class AsioEngine : public Runtime::Engine {
 public:
  explicit AsioEngine(asio::io_context& context) : context_(context) {}

  std::shared_ptr<Runtime::Engine> lasting() override { return std::make_shared<AsioEngine>(context_); }
  std::shared_ptr<net::Scheduler> makeScheduler() override {
    return std::make_shared<net::AsioScheduler>(context_);
  }
  std::unique_ptr<net::Link> makeLink(net::Scheduler& scheduler, net::LinkTarget target) override {
    return net::makeLink(static_cast<net::AsioScheduler&>(scheduler), std::move(target));
  }
  std::unique_ptr<net::Fetch> fetch(net::Scheduler& scheduler, net::FetchRequest request,
                                    std::function<void(net::FetchResult)> done) override {
    return net::fetch(static_cast<net::AsioScheduler&>(scheduler), std::move(request), std::move(done));
  }

 private:
  asio::io_context& context_;
};

/// A thread that is woken by writeVideo() may be put on the caller's processor and take it away at once, and
/// the caller, an encoder perhaps, would wait for everything that is sent (sched(7), SCHED_BATCH).
void wakeBehindTheWaker() {
  const sched_param parameters{};
  ::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &parameters);
}

struct OwnContext {
  asio::io_context context{1};
};

/// On a thread and io_context of its own.
class ThreadEngine final : private OwnContext, public AsioEngine {
 public:
  ThreadEngine() : AsioEngine(context), work_(context.get_executor()), thread_([this] { run(); }) {}

  // run() returns by itself once nothing is left to do.
  ~ThreadEngine() override {
    work_.reset();
    if (finished_.get_future().wait_for(time_to_close) != std::future_status::ready) context.stop();
    thread_.join();
  }
  ThreadEngine(const ThreadEngine&) = delete;
  ThreadEngine& operator=(const ThreadEngine&) = delete;

 private:
  void run() {
    wakeBehindTheWaker();
    context.run();
    finished_.set_value();
  }

  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::promise<void> finished_;
  std::thread thread_;
};

}  // namespace

std::uint32_t Runtime::Engine::random() {
  std::array<std::byte, 4> bytes{};
  net::fillRandom(bytes);
  return std::bit_cast<std::uint32_t>(bytes);
}

namespace client {

std::unique_ptr<Runtime::Engine> makeThreadEngine() {
  return std::make_unique<ThreadEngine>();
}

}  // namespace client

Runtime makeRuntime(asio::io_context& context) {
  return Runtime(std::make_unique<AsioEngine>(context));
}

}  // namespace multiconn
