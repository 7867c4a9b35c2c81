#pragma once

#include <memory>

#include "net/scheduler.hpp"

namespace boost::asio {
class io_context;
}

namespace multiconn::net {

/// A strand of an io_context, with real time. Has to be destroyed, with every Timer and socket made on it,
/// before the io_context is.
class AsioScheduler final : public Scheduler {
 public:
  explicit AsioScheduler(boost::asio::io_context& context);
  ~AsioScheduler() override;

  void post(std::function<void()> task) override;
  [[nodiscard]] Timer after(Duration delay, std::function<void()> task) override;
  TimePoint now() const override;

  /// While held, io_context::run() does not return for want of work.
  std::shared_ptr<void> work() const;

  struct Impl;  ///< the strand; asio_strand.hpp defines it for those who make sockets
  const Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn::net
