#include "agent/http/waiting.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace multiconn::tools {

Interrupt::Interrupt() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!event_) throw std::system_error(errno, std::system_category(), "cannot make an event descriptor");
}

void Interrupt::raise() {
  const std::uint64_t one = 1;
  // Full only when it is raised already.
  [[maybe_unused]] const auto written = ::write(event_.descriptor(), &one, sizeof one);
}

bool Interrupt::raised() const {
  return waitFor(-1, 0, {}, this) == Waited::interrupted;
}

Waited waitFor(int descriptor, short events, Deadline deadline, const Interrupt* interrupt) {
  using std::chrono::milliseconds;
  for (;;) {
    std::array<pollfd, 2> polled{pollfd{descriptor, events, 0},
                                 pollfd{interrupt != nullptr ? interrupt->descriptor() : -1, POLLIN, 0}};
    const auto left = std::chrono::ceil<milliseconds>(deadline - std::chrono::steady_clock::now()).count();
    const int found =
        ::poll(polled.data(), polled.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
    if (found < 0 && errno != EINTR) return Waited::late;
    if (found > 0 && polled[1].revents != 0) return Waited::interrupted;
    if (found > 0) return Waited::ready;
    if (found == 0 && left <= 0) return Waited::late;
  }
}

}  // namespace multiconn::tools
