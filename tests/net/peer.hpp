#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "net/message_pump.hpp"
#include "net/random.hpp"
#include "rtmp/connection.hpp"

namespace multiconn::net::test {

inline rtmp::OutMessage video(rtmp::Payload payload, std::uint32_t timestamp = 0) {
  return {rtmp::MessageType::video, 6, timestamp, 1, std::move(payload)};
}
inline rtmp::OutMessage video(std::size_t size, std::uint32_t timestamp = 0) {
  rtmp::Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 7 + i / 251);
  return video(rtmp::makePayload(std::move(bytes)), timestamp);
}
inline rtmp::Bytes bytesOf(std::string_view text) {
  const auto view = rtmp::asBytes(text);
  return {view.begin(), view.end()};
}

/// The other end of a connection, without a socket.
class Peer {
 public:
  explicit Peer(rtmp::Handshake::Role role = rtmp::Handshake::Role::server)
      : connection(role, rtmp::Limits{}, randomHandshakePackets(), 0) {}

  void take(rtmp::BytesView bytes) { error = connection.receive(bytes, TimePoint{}, received); }
  /// What it has to say by itself: handshake and control.
  rtmp::Bytes says() { return std::exchange(connection.pendingOutput(), {}); }
  rtmp::Bytes composed(const rtmp::OutMessage& message) {
    rtmp::ComposedMessage parts;
    connection.compose(message, parts);
    rtmp::Bytes bytes;
    for (const rtmp::BytesView slice : parts.slices()) bytes.insert(bytes.end(), slice.begin(), slice.end());
    return bytes;
  }
  template <typename Body>
  std::vector<const rtmp::Message*> all() const {
    std::vector<const rtmp::Message*> found;
    for (const rtmp::Message& message : received) {
      if (std::holds_alternative<Body>(message.body)) found.push_back(&message);
    }
    return found;
  }

  rtmp::Connection connection;
  std::vector<rtmp::Message> received;
  rtmp::Error error = rtmp::Error::none;
};

/// Keeps what a pump told.
struct PumpRecorder : PumpEvents {
  void opened() override {
    ++opens;
    if (on_opened) on_opened();
  }
  void message(rtmp::Message message) override {
    messages.push_back(std::move(message));
    if (on_message) on_message();
  }
  void writable() override {
    ++writables;
    if (on_writable) on_writable();
  }
  void closed(LinkFailure failure) override {
    failures.push_back(std::move(failure));
    if (on_closed) on_closed();
  }

  int opens = 0;
  int writables = 0;
  std::vector<rtmp::Message> messages;
  std::vector<LinkFailure> failures;
  std::function<void()> on_opened, on_message, on_writable, on_closed;
};

}  // namespace multiconn::net::test
