#include "librtmp/packet_writer.hpp"

#include <librtmp/rtmp.h>

namespace multiconn::librtmp {
namespace {

// Of a command, librtmp reads name and transaction number without looking at its length.
constexpr std::size_t padding = 16;

RTMPPacket packetOf(const rtmp::OutMessage& message, rtmp::Bytes& buffer) {
  buffer.assign(RTMP_MAX_HEADER_SIZE, std::byte{0});
  rtmp::ByteWriter(buffer).bytes(*message.payload);
  buffer.resize(buffer.size() + padding);
  RTMPPacket packet{};
  // A full header: librtmp makes a difference of timestamps that run backwards into one of 49 days.
  packet.m_headerType = RTMP_PACKET_SIZE_LARGE;
  packet.m_packetType = static_cast<std::uint8_t>(message.type);
  packet.m_hasAbsTimestamp = 1;
  packet.m_nChannel = message.chunk_stream;
  packet.m_nTimeStamp = message.timestamp;
  packet.m_nInfoField2 = static_cast<std::int32_t>(message.stream_id);
  packet.m_nBodySize = static_cast<std::uint32_t>(message.payload->size());
  packet.m_body = reinterpret_cast<char*>(buffer.data()) + RTMP_MAX_HEADER_SIZE;
  return packet;
}

}  // namespace

bool PacketWriter::connect(const rtmp::OutMessage& first) {
  RTMPPacket packet = packetOf(first, buffer_);
  return RTMP_Connect1(&session_, &packet) != 0;
}

bool PacketWriter::send(const rtmp::OutMessage& message) {
  RTMPPacket packet = packetOf(message, buffer_);
  return RTMP_SendPacket(&session_, &packet, 0) != 0;
}

}  // namespace multiconn::librtmp
