#pragma once

#include <functional>
#include <memory>

#include "net/asio_scheduler.hpp"
#include "net/socket.hpp"

namespace multiconn::net {

/// Owns a non-blocking socket and tells when it can be read or written. Handlers run as tasks of the
/// scheduler's strand, once per wait, and not after the Readiness was destroyed or closed.
class Readiness {
 public:
  Readiness(AsioScheduler& scheduler, Socket socket);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  /// -1 once closed, so that a system call on it fails with EBADF.
  int descriptor() const { return descriptor_; }
  void waitReadable(std::function<void()> ready);
  void waitWritable(std::function<void()> ready);
  void close();
  /// Gives the socket up; handlers of pending waits are dropped.
  Socket release();

 private:
  struct State;
  void wait(bool for_write, std::function<void()> ready);
  int descriptor_ = -1;  // state_'s, without a visit there for every write
  std::shared_ptr<State> state_;
};

}  // namespace multiconn::net
