#include "delay_proxy.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include "sockets.hpp"
#include "watch_list.hpp"

namespace multiconn::bench {
namespace {

using Clock = std::chrono::steady_clock;

// One direction of one connection. An empty piece is the end of the stream.
struct Direction {
  struct Piece {
    Clock::time_point due;
    rtmp::Bytes bytes;
  };
  int from, to;
  std::deque<Piece> pieces{};
  bool ended = false, forwarded_end = false;
};

class Proxy {
 public:
  Proxy(std::uint16_t target, Clock::duration delay)
      : target_(target), delay_(delay), listener_(listenOnLoopback()) {
    watched_.add(listener_);
    watched_.add(STDIN_FILENO);
    std::cout << "port " << localPort(listener_) << std::endl;
  }

  void run() {
    for (;;) {
      for (const std::uint64_t key : watched_.wait(untilNextPiece())) {
        const int fd = static_cast<int>(key);
        if (fd == STDIN_FILENO) return;
        if (fd == listener_)
          accept();
        else
          receive(fd);
      }
      forwardDue();
    }
  }

 private:
  void accept() {
    const int client = acceptConnection(listener_);
    if (client < 0) return;
    const int server = connectToLoopback(target_);
    directions_.emplace(client, Direction{client, server});
    directions_.emplace(server, Direction{server, client});
    watched_.add(client);
    watched_.add(server);
  }

  void receive(int fd) {
    Direction& direction = directions_.at(fd);
    std::array<std::byte, 65536> buffer;
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) {
      direction.ended = true;
      watched_.remove(fd);
    }
    direction.pieces.push_back(
        {Clock::now() + delay_, rtmp::Bytes(buffer.begin(), buffer.begin() + std::max<ssize_t>(count, 0))});
  }

  void forwardDue() {
    const auto now = Clock::now();
    for (auto& [fd, direction] : directions_) {
      while (!direction.pieces.empty() && direction.pieces.front().due <= now) {
        const rtmp::Bytes bytes = std::move(direction.pieces.front().bytes);
        direction.pieces.pop_front();
        if (bytes.empty()) {
          shutdown(direction.to, SHUT_WR);
          direction.forwarded_end = true;
        } else {
          sendAll(direction.to, bytes);
        }
      }
    }
    std::erase_if(directions_, [this](const auto& entry) { return finished(entry.second); });
  }

  // Sockets are closed with the second of their two directions, when both have ended.
  bool finished(const Direction& direction) {
    const auto other = directions_.find(direction.to);
    if (!direction.forwarded_end || (other != directions_.end() && !other->second.forwarded_end))
      return false;
    ::close(direction.from);
    return true;
  }

  std::chrono::milliseconds untilNextPiece() const {
    auto next = Clock::time_point::max();
    for (const auto& [fd, direction] : directions_)
      if (!direction.pieces.empty()) next = std::min(next, direction.pieces.front().due);
    if (next == Clock::time_point::max()) return WatchList::for_ever;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(next - Clock::now());
    return std::max(wait, std::chrono::milliseconds(0));
  }

  std::uint16_t target_;
  Clock::duration delay_;
  int listener_;
  WatchList watched_;
  std::map<int, Direction> directions_;
};

}  // namespace

int runDelayProxy(std::uint16_t target, std::chrono::milliseconds delay) {
  Proxy(target, delay).run();
  return 0;
}

}  // namespace multiconn::bench
