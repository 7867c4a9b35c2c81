#include "rtmp/connection.hpp"

#include "fuzz/fuzz_input.hpp"

// Input: role and pace of the pump, how it is split, then what the peer sends after a simple handshake (or
// instead of one). Output stays bounded, and every message can be encoded again without loss.
namespace {

using namespace multiconn::rtmp;

constexpr std::uint8_t is_server = 1;
constexpr std::uint8_t starts_with_handshake = 2;
constexpr std::uint8_t slow_reader = 4;

constexpr std::size_t handshake_bytes = 1 + 2 * handshake_packet_size;

void encodeAgain(const Message& message) {
  const Result<OutMessage> first = encode(message);
  if (!first) return;  // AMF values that contain themselves
  RawMessage raw{static_cast<std::uint8_t>(first->type), first->timestamp, first->stream_id, first->payload};
  Limits wide;
  wide.amf_memory_constant = 0xFFFFFFFF;
  const Result<Message> again = decode(raw, wide);
  fuzz::require(static_cast<bool>(again) && again->body.index() == message.body.index());
  const Result<OutMessage> second = encode(*again);
  fuzz::require(second && second->type == first->type && *second->payload == *first->payload);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesView input = fuzz::inputOf(data, size);
  const std::uint8_t flags = fuzz::choice(input);
  const std::uint8_t split = fuzz::choice(input);
  static const std::array<HandshakePacket, 2> random{};
  const Limits limits;
  Connection connection(flags & is_server ? Handshake::Role::server : Handshake::Role::client, limits, random,
                        1);
  std::vector<Message> messages;
  TimePoint now{};
  if (!(flags & starts_with_handshake)) {
    Bytes peer(handshake_bytes);
    peer[0] = std::byte{3};
    fuzz::require(connection.receive(peer, now, messages) == Error::none && connection.open());
    connection.pendingOutput().clear();
    connection.announceChunkSize(limits.own_chunk_size);
  }
  fuzz::Pieces pieces(input, split);
  Error error = Error::none;
  while (!pieces.atEnd() && error == Error::none) {
    error = connection.receive(pieces.next(), now, messages);
    // A batch ends with the first answer that is over the limit.
    fuzz::require(connection.pendingOutput().size() <= limits.max_pending_control + handshake_bytes + 32);
    if (!(flags & slow_reader)) connection.pendingOutput().clear();
    now += std::chrono::milliseconds(10);
  }
  for (const Message& message : messages) encodeAgain(message);
  return 0;
}
