#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

#include <multiconn/multi_connection.hpp>
#include <multiconn/runtime.hpp>

// The one header that names Boost, for applications that use Asio themselves.

namespace multiconn {

/// A Runtime without a thread of its own: connections and callbacks run wherever `context` is run. It has to
/// be run for anything to happen, closing included, and has to outlive the Runtime.
Runtime makeRuntime(boost::asio::io_context& context);

/// MultiConnection::connect() with a completion token: `co_await asyncConnect(mc, list,
/// boost::asio::use_awaitable)`, `asyncConnect(mc, list, boost::asio::use_future).get()`. Completes with the
/// SetupOutcome on the token's executor. `connection` has to live until then.
template <typename CompletionToken>
auto asyncConnect(MultiConnection& connection, std::vector<Destination> destinations,
                  CompletionToken&& token) {
  namespace asio = boost::asio;
  auto initiate = [](auto handler, MultiConnection* on, std::vector<Destination> list) {
    using Handler = std::decay_t<decltype(handler)>;
    auto executor = asio::get_associated_executor(handler);
    // std::function wants what it holds to be copyable, which handlers are not.
    struct Pending {
      Handler handler;
      asio::executor_work_guard<decltype(executor)> work;
    };
    auto pending = std::make_shared<Pending>(Pending{std::move(handler), asio::make_work_guard(executor)});
    on->connect(std::move(list), [pending, executor](SetupOutcome outcome) {
      asio::post(executor, [pending, outcome = std::move(outcome)]() mutable {
        pending->work.reset();
        std::move(pending->handler)(std::move(outcome));
      });
    });
  };
  return asio::async_initiate<CompletionToken, void(SetupOutcome)>(std::move(initiate), token, &connection,
                                                                   std::move(destinations));
}

}  // namespace multiconn
