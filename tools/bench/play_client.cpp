#include "play_client.hpp"

#include <poll.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace multiconn::bench {

using namespace rtmp;

PlayClient::PlayClient(std::uint16_t port, const std::string& stream, Seen seen)
    : BareClient(port, "live"), seen_(std::move(seen)), stream_(stream) {}

bool PlayClient::take(const Message& message, std::int64_t arrived_us) {
  const auto frame = seenFrame(message, arrived_us);
  if (frame) seen_(*frame);
  return frame.has_value();
}

void PlayClient::told(const ClientEvent& event) {
  if (std::holds_alternative<client_event::Connected>(event)) {
    PlayRequest play;
    play.stream = stream_;
    react(session().play(play));
  }
  if (std::holds_alternative<client_event::ConnectFailed>(event) ||
      std::holds_alternative<client_event::PlayFailed>(event))
    throw std::runtime_error("the server refused a player");
}

void serve(std::initializer_list<std::unique_ptr<PlayClient>*> players, std::chrono::milliseconds patience) {
  std::vector<pollfd> entries;
  for (const auto* const player : players) entries.push_back({*player ? (*player)->socket() : -1, POLLIN, 0});
  if (::poll(entries.data(), entries.size(), static_cast<int>(patience.count())) <= 0) return;
  std::size_t index = 0;
  for (auto* const player : players)
    if (entries[index++].revents != 0 && !(*player)->readable()) player->reset();
}

}  // namespace multiconn::bench
