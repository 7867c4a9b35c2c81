#include "publish/inbox.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace publish {
namespace {

constexpr std::array signals = {SIGINT, SIGTERM, SIGHUP};

// A signal handler reaches nothing else.
std::atomic<int> signal_event = -1;
std::atomic<bool> signal_came = false;

void ring(int event) {
  const int saved = errno;
  const std::uint64_t one = 1;
  // It can only fail when the counter is full, and then the reader is awake already.
  [[maybe_unused]] const auto written = ::write(event, &one, sizeof one);
  errno = saved;
}

void onSignal(int) {
  signal_came = true;
  ring(signal_event);
}

/// Unless it is ignored, as SIGHUP is under nohup.
void handle(int number, void (*handler)(int)) {
  struct sigaction current {};
  ::sigaction(number, nullptr, &current);
  if (current.sa_handler != SIG_IGN) std::signal(number, handler);
}

int makeEvent() {
  const int event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (event < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  return event;
}

}  // namespace

Inbox::Inbox() : event_(makeEvent()) {
  signal_event = event_;
  for (const int number : signals) handle(number, onSignal);
}

Inbox::~Inbox() {
  for (const int number : signals) handle(number, SIG_DFL);
  signal_event = -1;
  ::close(event_);
}

void Inbox::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
  }
  ring(event_);
}

void Inbox::runUntil(std::chrono::steady_clock::time_point deadline, const std::function<bool()>& done) {
  using std::chrono::steady_clock;
  for (drain(); !done(); drain()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
    if (left <= 0) return;
    pollfd waiting{event_, POLLIN, 0};
    ::poll(&waiting, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
  }
}

void Inbox::drain() {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto bytes = ::read(event_, &count, sizeof count);
  if (interrupted_ && signal_came.exchange(false)) interrupted_();
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(work_);
  }
  for (const auto& piece : work) piece();
}

}  // namespace publish
