#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"

namespace multiconn::rtmp {

constexpr std::size_t handshake_packet_size = 1536;
using HandshakePacket = std::array<std::byte, handshake_packet_size>;

/// Whether a client's C1 carries a digest. `simple` is what current ingest services expect.
enum class HandshakeForm : std::uint8_t { simple, digest };

/// One side of the handshake (RTMP 1.0 5.2), in the simple form or the digest form that Flash Player 9
/// introduced. Bytes may come split or coalesced in any way; what follows the handshake is left to the
/// caller.
class Handshake {
 public:
  enum class Role : std::uint8_t { client, server };

  /// `random` fills the packets: 2 x 1536 bytes from a real generator. `time_ms` is any millisecond clock.
  Handshake(Role role, const std::array<HandshakePacket, 2>& random, std::uint32_t time_ms,
            HandshakeForm form = HandshakeForm::simple);

  /// A client's first words (C0 and C1); empty for a server.
  Bytes start();
  /// Takes what belongs to the handshake from the front of `bytes`, and appends the answer to `out`.
  Error receive(BytesView& bytes, Bytes& out);
  bool done() const { return phase_ == Phase::done; }
  /// The form both sides ended up with: a server answers in the client's.
  HandshakeForm form() const { return form_; }

 private:
  enum class Phase : std::uint8_t { version, packet1, packet2, done };
  void answerPacket1(Bytes& out);

  Role role_;
  HandshakeForm form_;
  Phase phase_ = Phase::version;
  HandshakePacket own1_;
  HandshakePacket own2_;
  HandshakePacket peer_{};
  std::size_t received_ = 0;
};

/// Where a packet's 32-byte digest lies: schema 0 keeps it in the second half, schema 1 in the first.
enum class DigestSchema : std::uint8_t { key_first, digest_first };
std::size_t digestPosition(const HandshakePacket& packet, DigestSchema schema);
using Digest = std::array<std::byte, 32>;
/// The digest that a client's (C1) or server's (S1) packet ought to carry.
Digest packetDigest(const HandshakePacket& packet, DigestSchema schema, Handshake::Role author);
/// The schema under which a packet 1 carries a valid digest of `author`; nothing when it is a simple one.
std::optional<DigestSchema> findDigest(const HandshakePacket& packet, Handshake::Role author);
/// Last 32 bytes of a packet 2 that answers the packet 1 with `peer_digest`.
Digest answerDigest(const HandshakePacket& packet2, const Digest& peer_digest, Handshake::Role author);

}  // namespace multiconn::rtmp
