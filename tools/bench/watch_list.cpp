#include "watch_list.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>

namespace multiconn::bench {

WatchList::WatchList() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {}

WatchList::~WatchList() {
  ::close(epoll_);
}

void WatchList::add(int descriptor, std::uint64_t key) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = key;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event);
}

void WatchList::remove(int descriptor) {
  ::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

std::span<const std::uint64_t> WatchList::wait(std::chrono::milliseconds longest) {
  std::array<epoll_event, std::tuple_size_v<decltype(ready_)>> events;
  const int found =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), static_cast<int>(longest.count()));
  const auto count = static_cast<std::size_t>(std::max(found, 0));
  for (std::size_t i = 0; i < count; ++i) ready_[i] = events[i].data.u64;
  return std::span(ready_).first(count);
}

}  // namespace multiconn::bench
