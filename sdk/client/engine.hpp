#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include <multiconn/runtime.hpp>

#include "net/fetch.hpp"
#include "net/link.hpp"
#include "net/scheduler.hpp"

namespace multiconn {

/// What a Runtime runs on: real sockets and time (asio_engine), or simulated ones in tests.
class Runtime::Engine {
 public:
  virtual ~Engine() = default;
  /// The same for somebody who may still have tasks to run when the Runtime has gone: on an application's
  /// io_context they run then. By default this one, since nothing runs any more.
  virtual std::shared_ptr<Engine> lasting() { return {std::shared_ptr<void>(), this}; }
  /// A strand for one MultiConnection.
  virtual std::shared_ptr<net::Scheduler> makeScheduler() = 0;
  /// A link on a scheduler that came from makeScheduler().
  virtual std::unique_ptr<net::Link> makeLink(net::Scheduler& scheduler, net::LinkTarget target) = 0;
  /// net::fetch() on a scheduler that came from makeScheduler().
  virtual std::unique_ptr<net::Fetch> fetch(net::Scheduler& scheduler, net::FetchRequest request,
                                            std::function<void(net::FetchResult)> done) = 0;
  /// Bits that nobody can foretell: the operating system's, unless a test wants others.
  virtual std::uint32_t random();
};

}  // namespace multiconn
