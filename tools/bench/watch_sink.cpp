#include "watch_sink.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <iostream>
#include <map>
#include <vector>

#include "frame_log.hpp"
#include "server_end.hpp"
#include "sockets.hpp"

namespace multiconn::bench {
namespace {

class WatchSink {
 public:
  explicit WatchSink(bool stall)
      : stall_(stall), listener_(listenOnLoopback()), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    watch(listener_);
    watch(STDIN_FILENO);
    std::cout << "port " << localPort(listener_) << std::endl;
  }
  ~WatchSink() {
    ::close(listener_);
    ::close(epoll_);
  }
  WatchSink(const WatchSink&) = delete;
  WatchSink& operator=(const WatchSink&) = delete;

  void run() {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < count; ++i) {
        const int fd = events[static_cast<std::size_t>(i)].data.fd;
        if (fd == STDIN_FILENO && !obey()) return;
        if (fd == listener_) accept();
        if (const auto end = ends_.find(fd); end != ends_.end()) readable(*end->second);
      }
    }
  }
  void report() const {
    for (const SeenFrame& frame : frames_) std::cout << toLine(frame) << '\n';
    std::cout << std::flush;
  }

 private:
  void watch(int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept() {
    const int socket = acceptConnection(listener_);
    if (socket < 0) return;
    watch(socket);
    ends_[socket] = std::make_unique<ServerEnd>(socket, [this](const rtmp::Message& media) {
      if (const auto frame = seenFrame(media, nowMicroseconds())) frames_.push_back(*frame);
    });
  }

  void readable(ServerEnd& end) {
    if (!end.readable()) {
      ends_.erase(end.socket());
    } else if (stall_ && end.publishing() && end.stream() != streamName(0)) {
      epoll_ctl(epoll_, EPOLL_CTL_DEL, end.socket(), nullptr);
    }
  }

  // One letter is enough to tell the commands apart; false: standard input has ended.
  bool obey() {
    std::array<char, 64> text{};
    const ssize_t count = ::read(STDIN_FILENO, text.data(), text.size());
    if (count > 0 && text.front() == 's') {
      for (const auto& [socket, end] : ends_) end->swallow();
      std::cout << "swallowing " << nowMicroseconds() << std::endl;
    }
    return count > 0;
  }

  bool stall_;
  int listener_, epoll_;
  std::map<int, std::unique_ptr<ServerEnd>> ends_;
  std::vector<SeenFrame> frames_;
};

}  // namespace

int runWatchSink(bool stall) {
  WatchSink sink(stall);
  sink.run();
  sink.report();
  return 0;
}

}  // namespace multiconn::bench
