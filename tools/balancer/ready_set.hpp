#pragma once

#include <memory>

#include "net/asio_scheduler.hpp"

namespace multiconn::balancer {

/// Many sockets watched through one epoll descriptor, which alone the scheduler waits for: a request then
/// costs no wait of its own, and an idle connection no more than its entry in the kernel.
class ReadySet {
 public:
  class Watched {
   public:
    virtual ~Watched() = default;
    /// `readable` at an error or end too. May destroy the Watched, and others.
    virtual void ready(bool readable, bool writable) = 0;
  };

  explicit ReadySet(net::AsioScheduler& scheduler);
  ~ReadySet();
  ReadySet(const ReadySet&) = delete;
  ReadySet& operator=(const ReadySet&) = delete;

  /// Tells `watched`, from tasks of the scheduler, for as long as the condition holds. False: the system has
  /// no room for it.
  [[nodiscard]] bool watch(int descriptor, Watched& watched);
  void await(int descriptor, Watched& watched, bool readable, bool writable);
  /// Before the descriptor is closed or `watched` destroyed.
  void forget(int descriptor, const Watched& watched);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::balancer
