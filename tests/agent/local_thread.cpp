#include "agent/local_thread.hpp"

#include <boost/asio/io_context.hpp>
#include <future>
#include <thread>

namespace multiconn::test {

struct LocalThread::Impl {
  boost::asio::io_context io{1};
  net::AsioScheduler scheduler{io};
  std::shared_ptr<void> work = scheduler.work();
  std::thread thread{[this] { io.run(); }};
};

LocalThread::LocalThread() : impl_(std::make_unique<Impl>()) {}

LocalThread::~LocalThread() {
  impl_->io.stop();
  impl_->thread.join();
}

net::AsioScheduler& LocalThread::scheduler() {
  return impl_->scheduler;
}

void LocalThread::run(std::function<void()> task) {
  std::promise<void> done;
  impl_->scheduler.post([&] {
    task();
    done.set_value();
  });
  done.get_future().wait();
}

LocalWeb::LocalWeb(http::HttpServer::Handler handler) {
  thread_.run([&] {
    server_ = std::make_unique<http::HttpServer>(thread_.scheduler(), "127.0.0.1", 0, std::move(handler));
    port_ = server_->port();
  });
}

LocalWeb::~LocalWeb() {
  thread_.run([&] { server_.reset(); });
}

}  // namespace multiconn::test
