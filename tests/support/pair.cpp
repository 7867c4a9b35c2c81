#include "support/pair.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace multiconn::rtmp::test {
namespace {

std::array<HandshakePacket, 2> randomPackets(std::mt19937& random) {
  std::array<HandshakePacket, 2> packets{};
  for (auto& packet : packets) {
    for (std::byte& b : packet) b = static_cast<std::byte>(random() & 0xFF);
  }
  return packets;
}

}  // namespace

Pair::Pair(Options options)
    : on_server_event(acceptEverything),
      options_(std::move(options)),
      random_(options_.seed),
      client_{{Handshake::Role::client, options_.client_limits, randomPackets(random_), 0, options_.form},
              {},
              {},
              false},
      server_{{Handshake::Role::server, options_.server_limits, randomPackets(random_), 0}, {}, {}, false},
      client_session_(options_.request, options_.client_limits),
      server_session_(options_.server_limits) {}

void Pair::fromClient(ClientReaction reaction) {
  for (auto& message : reaction.send) client_.waiting.push_back(std::move(message));
  for (auto& event : reaction.events) client_events.push_back(std::move(event));
}

void Pair::fromServer(ServerReaction reaction) {
  for (auto& message : reaction.send) server_.waiting.push_back(std::move(message));
  if (reaction.close != Error::none) server_.error = reaction.close;
  for (auto& event : reaction.events) {
    server_events.push_back(event);
    on_server_event(*this, event);
  }
}

void Pair::fromClient(OutMessage message) {
  client_.waiting.push_back(std::move(message));
}
void Pair::fromServer(OutMessage message) {
  server_.waiting.push_back(std::move(message));
}

void Pair::connect(std::optional<PublishRequest> publish) {
  fromClient(client_session_.connect(std::move(publish)));
  run();
}

void Pair::run() {
  carry(std::numeric_limits<std::size_t>::max());
}

bool Pair::carry(std::size_t bytes) {
  std::size_t to_server = bytes, to_client = bytes;
  while (true) {
    std::vector<Message> at_server, at_client;
    const std::size_t up = deliver(client_, server_, to_server, at_server);
    handleAtServer(std::move(at_server));
    const std::size_t down = deliver(server_, client_, to_client, at_client);
    handleAtClient(std::move(at_client));
    if (up == 0 && down == 0) return !client_.wire.empty() || !server_.wire.empty();
    to_server -= up;
    to_client -= down;
  }
}

// What a pump around a Connection does: pending output first, then whole messages once the handshake is over.
void Pair::write(Side& side) {
  const auto flush = [&] { ByteWriter(side.wire).bytes(std::exchange(side.connection.pendingOutput(), {})); };
  flush();
  if (!side.connection.open() || side.waiting.empty()) return;
  if (options_.chunk_size != 0 && !std::exchange(side.announced, true)) {
    side.connection.announceChunkSize(options_.chunk_size);
    flush();
  }
  ComposedMessage composed;
  for (const OutMessage& message : std::exchange(side.waiting, {})) {
    side.connection.compose(message, composed);
    for (const BytesView slice : composed.slices()) ByteWriter(side.wire).bytes(slice);
  }
}

std::size_t Pair::deliver(Side& from, Side& to, std::size_t most, std::vector<Message>& received) {
  write(from);
  if (cut_) from.wire.clear();
  const std::size_t total = std::min(most, from.wire.size());
  if (to.error != Error::none) {
    from.wire.clear();
    return 0;
  }
  for (std::size_t done = 0; done < total && to.error == Error::none;) {
    std::size_t size = total - done;
    if (options_.max_fragment != 0) size = std::min<std::size_t>(size, 1 + random_() % options_.max_fragment);
    to.error = to.connection.receive(BytesView(from.wire).subspan(done, size), now_, received);
    done += size;
  }
  from.wire.erase(from.wire.begin(), from.wire.begin() + static_cast<std::ptrdiff_t>(total));
  return total;
}

void Pair::handleAtClient(std::vector<Message> messages) {
  for (Message& message : messages) {
    fromClient(client_session_.handle(message));
    client_received.push_back(std::move(message));
  }
}

void Pair::handleAtServer(std::vector<Message> messages) {
  for (Message& message : messages) {
    if (server_.error != Error::none) return;  // it has closed
    fromServer(server_session_.handle(message));
    server_received.push_back(std::move(message));
  }
}

void acceptEverything(Pair& pair, const ServerEvent& event) {
  if (std::holds_alternative<server_event::ConnectRequested>(event)) {
    pair.fromServer(pair.server().acceptConnect());
  } else if (const auto* publish = std::get_if<server_event::PublishRequested>(&event)) {
    pair.fromServer(pair.server().acceptPublish(publish->stream_id));
  } else if (const auto* play = std::get_if<server_event::PlayRequested>(&event)) {
    pair.fromServer(pair.server().acceptPlay(play->stream_id, false));
  }
}

}  // namespace multiconn::rtmp::test
