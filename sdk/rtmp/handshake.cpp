#include "rtmp/handshake.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <string_view>

namespace multiconn::rtmp {
namespace {

constexpr std::uint8_t rtmp_version = 3;
constexpr std::size_t digest_size = 32;
constexpr std::size_t before_answer_digest = handshake_packet_size - digest_size;

// The known keys: an ASCII part, which alone signs packet 1, and a tail, which packet 2 adds.
constexpr std::string_view client_key = "Genuine Adobe Flash Player 001";
constexpr std::string_view server_key = "Genuine Adobe Flash Media Server 001";
constexpr std::array<std::uint8_t, 32> key_tail = {
    0xF0, 0xEE, 0xC2, 0x4A, 0x80, 0x68, 0xBE, 0xE8, 0x2E, 0x00, 0xD0, 0xD1, 0x02, 0x9E, 0x7E, 0x57,
    0x6E, 0xEC, 0x5D, 0x2D, 0x29, 0x80, 0x6F, 0xAB, 0x93, 0xB8, 0xE6, 0x36, 0xCF, 0xEB, 0x31, 0xAE};

// Anything but zero announces a digest; these are versions that Flash Player and Flash Media Server had.
constexpr std::uint32_t client_version = 0x80000702;
constexpr std::uint32_t server_version = 0x04050001;

Digest hmac(BytesView key, BytesView data);
Bytes fullKey(Handshake::Role author);
void putU32(HandshakePacket& packet, std::size_t position, std::uint32_t value);
void sign(HandshakePacket& packet, DigestSchema schema, Handshake::Role author);
Digest digestAt(const HandshakePacket& packet, std::size_t position);
Error checkVersion(std::byte version);

}  // namespace

Handshake::Handshake(Role role, const std::array<HandshakePacket, 2>& random, std::uint32_t time_ms,
                     HandshakeForm form)
    : role_(role),
      form_(role == Role::client ? form : HandshakeForm::simple),
      own1_(random[0]),
      own2_(random[1]) {
  putU32(own1_, 0, time_ms);
  putU32(own1_, 4, 0);
  if (form_ == HandshakeForm::digest) {
    putU32(own1_, 4, client_version);
    sign(own1_, DigestSchema::digest_first, Role::client);  // the one that Flash Media Server demands
  }
}

Bytes Handshake::start() {
  Bytes out;
  if (role_ == Role::client) ByteWriter(out).u8(rtmp_version).bytes(own1_);
  return out;
}

Error Handshake::receive(BytesView& bytes, Bytes& out) {
  while (!bytes.empty() && phase_ != Phase::done) {
    if (phase_ == Phase::version) {
      if (const Error error = checkVersion(bytes.front()); error != Error::none) return error;
      bytes = bytes.subspan(1);
      phase_ = Phase::packet1;
      continue;
    }
    const BytesView part = bytes.first(std::min(bytes.size(), handshake_packet_size - received_));
    std::copy(part.begin(), part.end(), peer_.begin() + static_cast<std::ptrdiff_t>(received_));
    bytes = bytes.subspan(part.size());
    received_ += part.size();
    if (received_ < handshake_packet_size) break;
    received_ = 0;
    if (phase_ == Phase::packet1) {
      answerPacket1(out);
      phase_ = Phase::packet2;
    } else {
      phase_ = Phase::done;  // packet 2 proves nothing: servers exist that sign it, echo it or send noise
    }
  }
  return Error::none;
}

void Handshake::answerPacket1(Bytes& out) {
  const Role peer = role_ == Role::client ? Role::server : Role::client;
  const bool may_sign = role_ == Role::server || form_ == HandshakeForm::digest;
  const std::optional<DigestSchema> schema = may_sign ? findDigest(peer_, peer) : std::nullopt;
  form_ = schema ? HandshakeForm::digest : HandshakeForm::simple;
  ByteWriter writer(out);
  if (role_ == Role::server) {
    if (schema) {
      putU32(own1_, 4, server_version);
      sign(own1_, *schema, Role::server);
    }
    writer.u8(rtmp_version).bytes(own1_);
  }
  if (!schema) {
    writer.bytes(peer_);  // the whole echo, read time included: librtmp compares it so
    return;
  }
  const Digest answer = answerDigest(own2_, digestAt(peer_, digestPosition(peer_, *schema)), role_);
  std::copy(answer.begin(), answer.end(), own2_.begin() + before_answer_digest);
  writer.bytes(own2_);
}

std::size_t digestPosition(const HandshakePacket& packet, DigestSchema schema) {
  const std::size_t pointer = schema == DigestSchema::digest_first ? 8 : 772;
  std::size_t sum = 0;
  for (std::size_t i = 0; i < 4; ++i) sum += std::to_integer<std::size_t>(packet[pointer + i]);
  return pointer + 4 + sum % 728;
}

Digest packetDigest(const HandshakePacket& packet, DigestSchema schema, Handshake::Role author) {
  const BytesView whole(packet);
  const std::size_t position = digestPosition(packet, schema);
  Bytes signed_part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(position));
  ByteWriter(signed_part).bytes(whole.subspan(position + digest_size));
  return hmac(asBytes(author == Handshake::Role::client ? client_key : server_key), signed_part);
}

std::optional<DigestSchema> findDigest(const HandshakePacket& packet, Handshake::Role author) {
  const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
  if (std::all_of(packet.begin() + 4, packet.begin() + 8, is_zero)) return std::nullopt;
  for (const DigestSchema schema : {DigestSchema::key_first, DigestSchema::digest_first}) {
    if (digestAt(packet, digestPosition(packet, schema)) == packetDigest(packet, schema, author))
      return schema;
  }
  return std::nullopt;
}

Digest answerDigest(const HandshakePacket& packet2, const Digest& peer_digest, Handshake::Role author) {
  const Digest key = hmac(fullKey(author), peer_digest);
  return hmac(key, BytesView(packet2).first(before_answer_digest));
}

namespace {

Digest hmac(BytesView key, BytesView data) {
  Digest digest{};
  unsigned size = digest_size;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(),
       reinterpret_cast<unsigned char*>(digest.data()), &size);
  return digest;
}

Bytes fullKey(Handshake::Role author) {
  Bytes key;
  ByteWriter(key)
      .text(author == Handshake::Role::client ? client_key : server_key)
      .bytes(std::as_bytes(std::span(key_tail)));
  return key;
}

void putU32(HandshakePacket& packet, std::size_t position, std::uint32_t value) {
  for (std::size_t i = 0; i < 4; ++i)
    packet[position + i] = static_cast<std::byte>(value >> (24 - 8 * i) & 0xFF);
}

void sign(HandshakePacket& packet, DigestSchema schema, Handshake::Role author) {
  const Digest digest = packetDigest(packet, schema, author);
  const auto position = static_cast<std::ptrdiff_t>(digestPosition(packet, schema));
  std::copy(digest.begin(), digest.end(), packet.begin() + position);
}

Digest digestAt(const HandshakePacket& packet, std::size_t position) {
  Digest digest;
  std::copy_n(packet.begin() + static_cast<std::ptrdiff_t>(position), digest_size, digest.begin());
  return digest;
}

// RTMP 1.0 5.2.2 keeps 32..255 free so that text protocols can be told apart; 0x15 and 0x16 are TLS records.
Error checkVersion(std::byte version) {
  if (version == std::byte{rtmp_version}) return Error::none;
  const auto value = std::to_integer<unsigned char>(version);
  const bool tls = value == 0x15 || value == 0x16;
  const bool http = std::string_view("GPHOCDT").find(static_cast<char>(value)) != std::string_view::npos;
  return tls || http ? Error::not_rtmp : Error::unsupported_version;
}

}  // namespace
}  // namespace multiconn::rtmp
