#pragma once

#include <memory>

namespace multiconn {

/// The thread on which connections live. One serves any number of MultiConnections; it has to outlive them.
/// The destructor lets closing connections finish for 250 ms at most. asio.hpp has the way to run on your own
/// io_context.
class Runtime {
 public:
  Runtime();
  ~Runtime();
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  class Engine;
  /// For asio.hpp and tests: another engine in place of the thread.
  explicit Runtime(std::unique_ptr<Engine> engine);
  Engine& engine() { return *engine_; }

 private:
  std::unique_ptr<Engine> engine_;
};

}  // namespace multiconn
