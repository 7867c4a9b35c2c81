#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "rtmp/connection.hpp"

namespace multiconn::rtmp::fuzz {

/// How an input feeds a session. First byte 0: what follows is the peer's bytes behind its handshake, through
/// a Connection. First byte 1: records of {type u8, message stream u8, length u16, body}, each a message of
/// its own; types from 0xF0 on are no messages but steps of the application. The seeds are, in both forms,
/// one side of whole conversations between a ClientSession and a ServerSession, and of those that
/// tests/rtmp/client_session_recorded_test.cpp has as ClientRecorded; and what make_corpus writes.
template <typename OnMessage, typename OnStep>
void feed(Handshake::Role role, BytesView input, OnMessage on_message, OnStep on_step) {
  if (input.empty()) return;
  const bool wire = input.front() == std::byte{0};
  input = input.subspan(1);
  const Limits limits;
  if (wire) {
    const std::array<HandshakePacket, 2> random{};
    Connection connection(role, limits, random, 0);
    std::vector<Message> messages;
    Bytes handshake(1 + 2 * handshake_packet_size);
    handshake.front() = std::byte{3};
    if (connection.receive(handshake, {}, messages) != Error::none || !connection.open()) std::abort();
    (void)connection.receive(input, {}, messages);
    for (const Message& message : messages) on_message(message);
    return;
  }
  ByteReader reader(input);
  while (!reader.atEnd()) {
    const std::uint8_t type = reader.u8();
    const std::uint8_t stream_id = reader.u8();
    const std::uint16_t length = reader.u16();
    const BytesView body = reader.take(std::min<std::size_t>(length, reader.remaining()));
    if (type >= 0xF0) {
      on_step(type, stream_id);
    } else if (auto message =
                   decode({type, 0, stream_id, makePayload(Bytes(body.begin(), body.end()))}, limits)) {
      on_message(*message);
    }
  }
}

/// An input of libFuzzer's for an application of that role: receive(message) and step(what, stream id).
template <typename Application>
void run(Handshake::Role role, const std::uint8_t* data, std::size_t size) {
  Application application;
  feed(
      role, std::as_bytes(std::span(data, size)),
      [&](const Message& message) { application.receive(message); },
      [&](std::uint8_t what, std::uint8_t stream_id) { application.step(what, stream_id); });
}

/// What we send has to be readable, on a chunk stream that every server knows, and no answer may be larger
/// than its cause.
inline void check(const std::vector<OutMessage>& sent) {
  for (const OutMessage& message : sent) {
    const RawMessage raw{static_cast<std::uint8_t>(message.type), 0, message.stream_id, message.payload};
    if (!decode(raw, Limits{}) || message.chunk_stream < 2 || message.chunk_stream > 31) std::abort();
  }
}

}  // namespace multiconn::rtmp::fuzz
