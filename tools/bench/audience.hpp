#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "play_client.hpp"
#include "watch_list.hpp"

namespace multiconn::bench {

/// Players of one audio stream at one address, all in this thread. One that loses its connection connects
/// again at once.
class Audience {
 public:
  Audience(std::uint16_t port, std::string stream, std::size_t count);

  void serve(std::chrono::milliseconds length);
  /// Whether every player has got a frame since `from_us`, served for `patience` at most.
  bool waitForAll(std::int64_t from_us, std::chrono::seconds patience);

  /// Frames that came in all, and those left out between two of one connection.
  std::uint64_t frames() const { return frames_; }
  std::uint64_t lost() const { return lost_; }
  /// Of each player that connected again: milliseconds between the last frame before and the first one
  /// after.
  const std::vector<double>& silences() const { return silences_; }
  /// Players whose connections have ended.
  std::size_t moved() const { return moved_; }

 private:
  struct Player {
    std::unique_ptr<PlayClient> client{};
    std::optional<std::uint64_t> newest{};  // frame of this connection
    std::int64_t heard_us = 0;              // 0: nothing yet
    bool has_moved = false;
    bool silent = false;  // since its connection has ended
  };
  void join(std::size_t index);
  void see(Player& player, const SeenFrame& frame);
  void poll(std::chrono::milliseconds longest);

  std::uint16_t port_;
  std::string stream_;
  WatchList watched_;
  std::vector<Player> players_;
  std::vector<double> silences_;
  std::uint64_t frames_ = 0, lost_ = 0;
  std::size_t moved_ = 0;
};

}  // namespace multiconn::bench
