#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace multiconn::client {

/// Every callback of one MultiConnection passes here, so that none runs after its destructor has returned.
class CallbackGate {
 public:
  /// Calls it, unless the gate is closed. Calls come from one strand and do not overlap.
  void run(const std::function<void()>& callback);
  /// Once this has returned no callback starts any more and none is running, save the one it was called from.
  void close();

 private:
  class Pass;

  std::mutex mutex_;
  std::condition_variable idle_;
  bool closed_ = false;
  std::thread::id running_;
};

}  // namespace multiconn::client
