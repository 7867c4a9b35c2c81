#include "librtmp/packet_reader.hpp"

#include <algorithm>

#include <librtmp/rtmp.h>

namespace multiconn::librtmp {
namespace {

bool isComplete(const RTMPPacket& packet) {
  return packet.m_nBytesRead == packet.m_nBodySize;
}

std::size_t limitFor(std::uint8_t type, const rtmp::Limits& limits) {
  switch (static_cast<rtmp::MessageType>(type)) {
    case rtmp::MessageType::audio:
    case rtmp::MessageType::video:
    case rtmp::MessageType::aggregate:
      return limits.max_media_message;
    default:
      return limits.max_other_message;
  }
}

}  // namespace

PacketReader::PacketReader(RTMP& session, const rtmp::Limits& limits) : session_(session), limits_(limits) {}

PacketReader::Result PacketReader::readChunk() {
  const auto chunk_size = static_cast<std::uint32_t>(session_.m_inChunkSize);
  RTMPPacket packet{};
  if (!RTMP_ReadPacket(&session_, &packet)) {
    release(packet);
    return {.ended = true};
  }
  const auto count = static_cast<std::uint32_t>(session_.m_nBytesIn);  // an int that wraps
  bytes_received_ += count - last_count_;
  last_count_ = count;
  if (const rtmp::Error error = check(packet, chunk_size); error != rtmp::Error::none) {
    release(packet);
    return {.error = error};
  }
  ChunkStream& stream = streams_[packet.m_nChannel];
  stream = {bodyOf(packet), packet.m_nBodySize, packet.m_nBytesRead};
  if (!isComplete(packet)) return {};
  stream = {};
  Result result{.message = take(packet)};
  result.error = obey(*result.message);
  return result;
}

rtmp::Error PacketReader::check(const RTMPPacket& packet, std::uint32_t chunk_size) {
  if (const rtmp::Error error = checkHeader(packet, chunk_size); error != rtmp::Error::none) return error;
  if (packet.m_nBodySize > limitFor(packet.m_packetType, limits_)) return rtmp::Error::message_too_large;
  return isComplete(packet) ? rtmp::Error::none : checkBudget(packet);
}

rtmp::Error PacketReader::checkHeader(const RTMPPacket& packet, std::uint32_t chunk_size) {
  const auto found = streams_.find(packet.m_nChannel);
  if (found == streams_.end()) {
    // Servers built on librtmp begin chunk streams with type-1 headers; those lack only the message stream.
    const bool tolerated = packet.m_headerType <= RTMP_PACKET_SIZE_MEDIUM;
    if (!tolerated) return rtmp::Error::chunk_without_header;
    return streams_.size() < limits_.max_chunk_streams ? rtmp::Error::none
                                                       : rtmp::Error::too_many_chunk_streams;
  }
  const ChunkStream& stream = found->second;
  if (stream.body == 0) return rtmp::Error::none;
  if (bodyOf(packet) != stream.body) {  // a type-0 header: librtmp has lost sight of the first body
    RTMPPacket lost{};
    lost.m_body = reinterpret_cast<char*>(stream.body);
    RTMPPacket_Free(&lost);
    return rtmp::Error::chunk_inside_message;
  }
  const std::uint32_t expected = stream.read + std::min(chunk_size, stream.size - stream.read);
  return packet.m_nBodySize == stream.size && packet.m_nBytesRead == expected
             ? rtmp::Error::none
             : rtmp::Error::chunk_inside_message;
}

rtmp::Error PacketReader::checkBudget(const RTMPPacket& packet) const {
  std::size_t messages = 1;
  std::size_t bytes = packet.m_nBodySize;
  for (const auto& [id, stream] : streams_) {
    if (stream.body == 0 || id == packet.m_nChannel) continue;
    ++messages;
    bytes += stream.size;
  }
  if (messages > limits_.max_partial_messages) return rtmp::Error::too_many_partial_messages;
  return bytes > limits_.reassembly_budget ? rtmp::Error::reassembly_budget_exceeded : rtmp::Error::none;
}

rtmp::RawMessage PacketReader::take(RTMPPacket& packet) {
  const auto* body = reinterpret_cast<const std::byte*>(packet.m_body);
  rtmp::RawMessage raw{packet.m_packetType, packet.m_nTimeStamp,
                       static_cast<std::uint32_t>(packet.m_nInfoField2),
                       rtmp::makePayload(rtmp::Bytes(body, body + packet.m_nBodySize))};
  RTMPPacket_Free(&packet);
  return raw;
}

rtmp::Error PacketReader::obey(const rtmp::RawMessage& raw) {
  rtmp::ByteReader body(*raw.payload);
  const std::uint32_t value = body.u32();
  if (!body.ok()) return rtmp::Error::none;
  if (raw.type == static_cast<std::uint8_t>(rtmp::MessageType::abort)) abort(value);
  if (raw.type == static_cast<std::uint8_t>(rtmp::MessageType::set_chunk_size)) return setChunkSize(value);
  return rtmp::Error::none;
}

rtmp::Error PacketReader::setChunkSize(std::uint32_t size) {
  if (size == 0 || size > 0x7FFFFFFF) return rtmp::Error::chunk_size_invalid;
  size = std::min(size, limits_.max_chunk_size);
  for (const auto& [id, stream] : streams_) {
    if (stream.body != 0 && size > stream.size) return rtmp::Error::chunk_size_invalid;
  }
  session_.m_inChunkSize = static_cast<int>(size);
  return rtmp::Error::none;
}

// RTMP 1.0 5.4.2. The header state stays: later chunks may build on it.
void PacketReader::abort(std::uint32_t id) {
  const auto found = streams_.find(static_cast<int>(id));
  if (found == streams_.end() || found->second.body == 0) return;
  found->second = {};
  RTMPPacket& kept = *session_.m_vecChannelsIn[id];
  RTMPPacket_Free(&kept);
  kept.m_nBytesRead = 0;
}

/// A body that belongs to an unfinished message is the session's: closing frees it, or has done so.
void PacketReader::release(RTMPPacket& packet) {
  const auto body = reinterpret_cast<std::uintptr_t>(packet.m_body);
  const auto found = streams_.find(packet.m_nChannel);
  if (found != streams_.end() && found->second.body == body && !isComplete(packet)) return;
  RTMPPacket_Free(&packet);
}

std::uintptr_t PacketReader::bodyOf(const RTMPPacket& packet) const {
  const char* body = isComplete(packet) ? packet.m_body : session_.m_vecChannelsIn[packet.m_nChannel]->m_body;
  return reinterpret_cast<std::uintptr_t>(body);
}

}  // namespace multiconn::librtmp
