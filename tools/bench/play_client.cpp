#include "play_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "sockets.hpp"

namespace multiconn::bench {

using namespace rtmp;

namespace {

ConnectRequest connectRequest(std::uint16_t port) {
  ConnectRequest request;
  request.app = "live";
  request.tc_url = "rtmp://127.0.0.1:" + std::to_string(port) + "/live";
  request.encoder = false;
  return request;
}

}  // namespace

PlayClient::PlayClient(std::uint16_t port, const std::string& stream, Seen seen)
    : seen_(std::move(seen)),
      stream_(stream),
      socket_(connectToLoopback(port)),
      session_(connectRequest(port), limits_),
      connection_(std::make_unique<Connection>(Handshake::Role::client, limits_,
                                               std::array<HandshakePacket, 2>{}, 0)) {
  flush();
}

PlayClient::~PlayClient() {
  ::close(socket_);
}

bool PlayClient::readable() {
  static std::array<std::byte, 1 << 18> buffer;
  const ssize_t count = recv(socket_, buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (count < 0) return errno == EAGAIN;
  if (count == 0) return false;
  const std::int64_t now = nowMicroseconds();
  messages_.clear();
  const BytesView bytes(buffer.data(), static_cast<std::size_t>(count));
  if (const Error error = connection_->receive(bytes, TimePoint(), messages_); error != Error::none)
    throw std::runtime_error("the server sent what cannot be read: " + make_error_code(error).message());
  flush();
  if (connection_->open() && !std::exchange(connecting_, true)) react(session_.connect());
  for (const Message& message : messages_) {
    if (const auto frame = seenFrame(message, now))
      seen_(*frame);
    else
      react(session_.handle(message));
  }
  return true;
}

void PlayClient::react(const ClientReaction& reaction) {
  for (const OutMessage& message : reaction.send) {
    connection_->compose(message, composed_);
    for (const BytesView slice : composed_.slices()) sendAll(socket_, slice);
  }
  for (const ClientEvent& event : reaction.events) {
    if (std::holds_alternative<client_event::Connected>(event)) {
      PlayRequest play;
      play.stream = stream_;
      react(session_.play(play));
    }
    if (std::holds_alternative<client_event::ConnectFailed>(event) ||
        std::holds_alternative<client_event::PlayFailed>(event))
      throw std::runtime_error("the server refused a player");
  }
}

void PlayClient::flush() {
  sendAll(socket_, connection_->pendingOutput());
  connection_->pendingOutput().clear();
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
