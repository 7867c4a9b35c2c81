#include "saboteurs.hpp"

#include <unistd.h>

#include <chrono>
#include <iostream>
#include <map>
#include <memory>

#include "server_end.hpp"
#include "sockets.hpp"
#include "watch_list.hpp"

namespace multiconn::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds tick{10};
constexpr std::chrono::seconds respite{1};
constexpr int crawl_bytes = 100;  // a tick

struct Victim {
  Sabotage kind{};
  std::unique_ptr<ServerEnd> end;
  Clock::time_point since{};  // connected; once it publishes: published to
  bool publishing = false;
  bool over = false;
};

class Saboteurs {
 public:
  Saboteurs() {
    std::cout << "ports";
    for (int& listener : listeners_) {
      listener = listenOnLoopback();
      watched_.add(listener);
      std::cout << ' ' << localPort(listener);
    }
    std::cout << std::endl;
    watched_.add(STDIN_FILENO);
  }

  void run() {
    for (;;) {
      for (const std::uint64_t key : watched_.wait(tick)) {
        const int fd = static_cast<int>(key);
        if (fd == STDIN_FILENO) return;
        if (const auto victim = victims_.find(fd); victim != victims_.end())
          readable(victim->second);
        else
          accept(fd);
      }
      if (const auto now = Clock::now(); now >= next_tick_) {
        next_tick_ = now + tick;
        for (auto& [socket, victim] : victims_) onTick(victim, now);
      }
      std::erase_if(victims_, [](const auto& entry) { return entry.second.over; });
    }
  }

 private:
  void accept(int listener) {
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      if (listeners_[i] != listener) continue;
      const int socket = acceptConnection(listener);
      if (socket < 0) return;
      const auto kind = static_cast<Sabotage>(i);
      victims_[socket] = {kind, std::make_unique<ServerEnd>(socket, [](const rtmp::Message&) {}),
                          Clock::now()};
      if (kind != Sabotage::mute) watched_.add(socket);
    }
  }

  void readable(Victim& victim) {
    victim.over = !victim.end->readable(victim.publishing ? 1 << 18 : 4096);
    if (victim.over || victim.publishing || !victim.end->publishing()) return;
    victim.publishing = true;
    if (victim.kind != Sabotage::resets) victim.since = Clock::now();
    switch (victim.kind) {
      case Sabotage::stops_reading:
      case Sabotage::crawls:
        watched_.remove(victim.end->socket());
        break;
      case Sabotage::closes:
        victim.over = true;
        break;
      case Sabotage::sends_garbage:
        victim.end->sendGarbage(4096);
        break;
      default:
        break;
    }
  }

  void onTick(Victim& victim, Clock::time_point now) {
    const bool rested = now - victim.since >= respite;
    if (victim.kind == Sabotage::crawls && victim.publishing) {
      for (int i = 0; i < crawl_bytes && !victim.over; ++i) victim.over = !victim.end->readable(1);
    } else if (victim.kind == Sabotage::resets && rested) {
      victim.end->endByReset();
      victim.over = true;
    } else if (victim.kind == Sabotage::black_hole && victim.publishing && rested) {
      swallowAllThatArrivesAt(listeners_[static_cast<std::size_t>(victim.kind)]);
      victim.end->swallow();
      watched_.remove(victim.end->socket());
      victim.publishing = false;
    }
  }

  WatchList watched_;
  std::array<int, sabotages.size()> listeners_{};
  std::map<int, Victim> victims_;
  Clock::time_point next_tick_{};
};

}  // namespace

int runSaboteurs() {
  raiseDescriptorLimit();
  Saboteurs().run();
  return 0;
}

}  // namespace multiconn::bench
