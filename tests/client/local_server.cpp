#include "client/local_server.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <future>
#include <thread>
#include <utility>
#include <variant>

#include "net/asio_scheduler.hpp"
#include "support/rtmp_answerer.hpp"

namespace multiconn::test {

struct LocalServer::Impl {
  explicit Impl(std::shared_ptr<const net::TlsContext> tls)
      : scheme(tls ? "rtmps" : "rtmp"),
        work(context.get_executor()),
        scheduler(std::make_unique<net::AsioScheduler>(context)) {
    answerer = std::make_unique<net::test::RtmpAnswerer>(*scheduler, std::move(tls));
    thread = std::thread([this] { context.run(); });
  }
  ~Impl() {
    context.stop();
    thread.join();
    answerer.reset();
    scheduler.reset();
  }
  /// On the server's own thread.
  void ask(const std::function<void()>& question) {
    std::promise<void> done;
    scheduler->post([&] {
      question();
      done.set_value();
    });
    done.get_future().wait();
  }
  std::size_t count(const std::function<bool(const rtmp::Message&)>& wanted) {
    std::size_t count = 0;
    ask([&] {
      for (const rtmp::Message& message : answerer->received()) count += wanted(message) ? 1U : 0U;
    });
    return count;
  }

  std::string scheme;
  boost::asio::io_context context;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work;
  std::unique_ptr<net::AsioScheduler> scheduler;
  std::unique_ptr<net::test::RtmpAnswerer> answerer;
  std::thread thread;
};

LocalServer::LocalServer(std::shared_ptr<const net::TlsContext> tls)
    : impl_(std::make_unique<Impl>(std::move(tls))) {}
LocalServer::~LocalServer() = default;

std::string LocalServer::url() const {
  return impl_->scheme + "://127.0.0.1:" + std::to_string(impl_->answerer->port()) + "/live";
}

std::size_t LocalServer::pictures() const {
  return impl_->count(
      [](const rtmp::Message& message) { return std::holds_alternative<rtmp::Video>(message.body); });
}

std::size_t LocalServer::commands(const std::string& name) const {
  return impl_->count([&](const rtmp::Message& message) {
    const auto* command = std::get_if<rtmp::Command>(&message.body);
    return command && command->name == name;
  });
}

void LocalServer::closeAll() {
  impl_->ask([this] { impl_->answerer->closeAll(); });
}

}  // namespace multiconn::test
