#include "balancer/ready_set.hpp"

#include <sys/epoll.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "net/readiness.hpp"

namespace multiconn::balancer {
namespace {

constexpr std::size_t events_per_round = 256;
// Then others of the scheduler have their turn.
constexpr int rounds_per_task = 4;

net::Socket epollDescriptor() {
  net::Socket descriptor(::epoll_create1(EPOLL_CLOEXEC));
  if (!descriptor) throw std::system_error(errno, std::system_category(), "cannot make an epoll descriptor");
  return descriptor;
}

}  // namespace

class ReadySet::Impl {
 public:
  explicit Impl(net::AsioScheduler& scheduler) : epoll_(scheduler, epollDescriptor()) { wait(); }

  bool control(int operation, int descriptor, Watched& watched, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &watched;
    return ::epoll_ctl(epoll_.descriptor(), operation, descriptor, &event) == 0;
  }

  void forget(int descriptor, const Watched& watched) {
    epoll_event unused{};
    ::epoll_ctl(epoll_.descriptor(), EPOLL_CTL_DEL, descriptor, &unused);
    for (std::size_t i = 0; i < count_; ++i) {
      if (events_[i].data.ptr == &watched) events_[i].data.ptr = nullptr;
    }
  }

 private:
  void wait() {
    epoll_.waitReadable([this] { dispatch(); });
  }

  void dispatch() {
    for (int round = 0; round < rounds_per_task; ++round) {
      const int found =
          ::epoll_wait(epoll_.descriptor(), events_.data(), static_cast<int>(events_.size()), 0);
      if (found <= 0) break;
      count_ = static_cast<std::size_t>(found);
      for (std::size_t i = 0; i < count_; ++i) tell(events_[i]);
      count_ = 0;
    }
    wait();
  }

  static void tell(const epoll_event& event) {
    auto* const watched = static_cast<Watched*>(event.data.ptr);
    if (!watched) return;  // forgotten by another one's turn
    constexpr std::uint32_t readable = EPOLLIN | EPOLLERR | EPOLLHUP;
    watched->ready((event.events & readable) != 0, (event.events & EPOLLOUT) != 0);
  }

  net::Readiness epoll_;
  std::array<epoll_event, events_per_round> events_{};
  std::size_t count_ = 0;  // of the round that is being told
};

ReadySet::ReadySet(net::AsioScheduler& scheduler) : impl_(std::make_unique<Impl>(scheduler)) {}
ReadySet::~ReadySet() = default;

bool ReadySet::watch(int descriptor, Watched& watched) {
  return impl_->control(EPOLL_CTL_ADD, descriptor, watched, EPOLLIN);
}

void ReadySet::await(int descriptor, Watched& watched, bool readable, bool writable) {
  impl_->control(EPOLL_CTL_MOD, descriptor, watched,
                 (readable ? std::uint32_t{EPOLLIN} : 0u) | (writable ? std::uint32_t{EPOLLOUT} : 0u));
}

void ReadySet::forget(int descriptor, const Watched& watched) {
  impl_->forget(descriptor, watched);
}

}  // namespace multiconn::balancer
