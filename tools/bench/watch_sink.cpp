#include "watch_sink.hpp"

#include <unistd.h>

#include <array>
#include <iostream>
#include <map>
#include <vector>

#include "frame_log.hpp"
#include "server_end.hpp"
#include "sockets.hpp"
#include "watch_list.hpp"

namespace multiconn::bench {
namespace {

class WatchSink {
 public:
  explicit WatchSink(bool stall) : stall_(stall), listener_(listenOnLoopback()) {
    watched_.add(listener_);
    watched_.add(STDIN_FILENO);
    std::cout << "port " << localPort(listener_) << std::endl;
  }
  ~WatchSink() { ::close(listener_); }
  WatchSink(const WatchSink&) = delete;
  WatchSink& operator=(const WatchSink&) = delete;

  void run() {
    for (;;) {
      for (const std::uint64_t key : watched_.wait(WatchList::for_ever)) {
        const int fd = static_cast<int>(key);
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
  void accept() {
    const int socket = acceptConnection(listener_);
    if (socket < 0) return;
    watched_.add(socket);
    ends_[socket] = std::make_unique<ServerEnd>(socket, [this](const rtmp::Message& media) {
      if (const auto frame = seenFrame(media, nowMicroseconds())) frames_.push_back(*frame);
    });
  }

  void readable(ServerEnd& end) {
    if (!end.readable()) {
      ends_.erase(end.socket());
    } else if (stall_ && end.publishing() && end.stream() != streamName(0)) {
      watched_.remove(end.socket());
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
  int listener_;
  WatchList watched_;
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
