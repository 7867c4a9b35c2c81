#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <multiconn/balancer_client.hpp>
#include <multiconn/multi_connection.hpp>
#include <multiconn/runtime.hpp>

// The one header that names Boost, for applications that use Asio themselves.

namespace multiconn {

/// A Runtime without a thread of its own: connections and callbacks run wherever `context` is run. It has to
/// be run for anything to happen, closing included, and has to outlive the Runtime.
Runtime makeRuntime(boost::asio::io_context& context);

namespace detail {

/// What a token's handler completes with, once, on the handler's executor. std::function wants what it holds
/// to be copyable, which handlers are not.
template <typename Handler>
class Completion {
 public:
  explicit Completion(Handler handler)
      : pending_(std::make_shared<Pending>(
            Pending{boost::asio::make_work_guard(boost::asio::get_associated_executor(handler)),
                    std::move(handler)})) {}

  template <typename Value>
  void operator()(Value value) const {
    const auto executor = pending_->work.get_executor();
    boost::asio::post(executor, [pending = pending_, value = std::move(value)]() mutable {
      pending->work.reset();
      std::move(pending->handler)(std::move(value));
    });
  }

 private:
  struct Pending {
    boost::asio::executor_work_guard<boost::asio::associated_executor_t<Handler>> work;
    Handler handler;
  };
  std::shared_ptr<Pending> pending_;
};

}  // namespace detail

/// MultiConnection::connect() with a completion token: `co_await asyncConnect(mc, list,
/// boost::asio::use_awaitable)`, `asyncConnect(mc, list, boost::asio::use_future).get()`. Completes with the
/// SetupOutcome on the token's executor. `connection` has to live until then.
template <typename CompletionToken>
auto asyncConnect(MultiConnection& connection, std::vector<Destination> destinations,
                  CompletionToken&& token) {
  auto initiate = [](auto handler, MultiConnection* on, std::vector<Destination> list) {
    on->connect(std::move(list), [done = detail::Completion(std::move(handler))](SetupOutcome outcome) {
      done(std::move(outcome));
    });
  };
  return boost::asio::async_initiate<CompletionToken, void(SetupOutcome)>(
      std::move(initiate), token, &connection, std::move(destinations));
}

/// MultiConnection::callRemote() on one server with a completion token: completes with its Reply, at the
/// latest after ConnectOptions::call_timeout, on the token's executor. `connection` has to live until then.
/// (GCC 12 wants a list of arguments to have a name when it is inside a co_await.)
template <typename CompletionToken>
auto asyncCallRemote(MultiConnection& connection, std::string method, ServerId server,
                     std::vector<AmfValue> arguments, CompletionToken&& token) {
  auto initiate = [](auto handler, MultiConnection* on, std::string name, ServerId to,
                     std::vector<AmfValue> values) {
    on->callRemote(
        std::move(name), [done = detail::Completion(std::move(handler))](const Reply& reply) { done(reply); },
        to, std::move(values));
  };
  return boost::asio::async_initiate<CompletionToken, void(Reply)>(
      std::move(initiate), token, &connection, std::move(method), server, std::move(arguments));
}

/// BalancerClient::find() with a completion token: completes with the BalancerReply on the token's executor.
/// `client` has to live until then.
template <typename CompletionToken>
auto asyncFind(BalancerClient& client, BalancerQuestion question, CompletionToken&& token) {
  auto initiate = [](auto handler, BalancerClient* asked, BalancerQuestion wanted) {
    asked->find(std::move(wanted),
                [done = detail::Completion(std::move(handler))](const BalancerReply& reply) { done(reply); });
  };
  return boost::asio::async_initiate<CompletionToken, void(BalancerReply)>(std::move(initiate), token,
                                                                           &client, std::move(question));
}

}  // namespace multiconn
