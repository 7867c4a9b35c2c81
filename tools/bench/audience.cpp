#include "audience.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::bench {

using std::chrono::milliseconds;

Audience::Audience(std::uint16_t port, std::string stream, std::size_t count)
    : port_(port), stream_(std::move(stream)), players_(count) {
  for (std::size_t i = 0; i < count; ++i) {
    join(i);
    poll(milliseconds(0));
  }
}

void Audience::serve(milliseconds length) {
  const std::int64_t end = nowMicroseconds() + length.count() * 1000;
  while (nowMicroseconds() < end) poll(milliseconds(5));
}

bool Audience::waitForAll(std::int64_t from_us, std::chrono::seconds patience) {
  const auto heard = [from_us](const Player& player) { return player.heard_us >= from_us; };
  const std::int64_t end = nowMicroseconds() + patience.count() * 1'000'000;
  while (!std::all_of(players_.begin(), players_.end(), heard)) {
    if (nowMicroseconds() > end) return false;
    poll(milliseconds(20));
  }
  return true;
}

void Audience::join(std::size_t index) {
  Player& player = players_[index];
  player.newest.reset();
  player.client = std::make_unique<PlayClient>(
      port_, stream_, [this, &player](const SeenFrame& frame) { see(player, frame); });
  watched_.add(player.client->socket(), index);
}

void Audience::see(Player& player, const SeenFrame& frame) {
  if (frame.kind != SeenFrame::Kind::audio || !frame.mark) return;
  ++frames_;
  if (player.newest && frame.mark->number > *player.newest + 1)
    lost_ += frame.mark->number - *player.newest - 1;
  if (player.silent && player.heard_us > 0)
    silences_.push_back(static_cast<double>(frame.arrived_us - player.heard_us) / 1e3);
  player.silent = false;
  player.newest = frame.mark->number;
  player.heard_us = frame.arrived_us;
}

void Audience::poll(milliseconds longest) {
  for (const std::uint64_t index : watched_.wait(longest)) {
    if (players_[index].client->readable()) continue;
    if (!std::exchange(players_[index].has_moved, true)) ++moved_;
    players_[index].silent = true;
    join(index);
  }
}

}  // namespace multiconn::bench
