#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"

struct RTMP;
struct RTMPPacket;

namespace multiconn::librtmp {

/// Reads messages through RTMP_ReadPacket and keeps the limits that librtmp lacks. Obeys Set Chunk Size and
/// Abort, and delivers them too. After an error it must not be used again.
///
/// librtmp allocates the whole announced length of a message (24 bits) before we see its header, though it
/// touches only what arrives; we give up right after that first chunk. A header inside an unfinished message
/// makes librtmp write a chunk into a body that may be too short for it: so that it is never too short, a
/// chunk size is not accepted that exceeds the length of an unfinished message.
class PacketReader {
 public:
  PacketReader(RTMP& session, const rtmp::Limits& limits);

  struct Result {
    bool ended = false;  ///< nothing more will come, and the session is closed
    rtmp::Error error = rtmp::Error::none;
    std::optional<rtmp::RawMessage> message{};
  };
  /// Reads one chunk, and blocks until it is there.
  Result readChunk();
  /// Everything since the session began.
  std::uint64_t bytesReceived() const { return bytes_received_; }

 private:
  struct ChunkStream {
    std::uintptr_t body = 0;  // of an unfinished message
    std::uint32_t size = 0;
    std::uint32_t read = 0;
  };

  rtmp::Error check(const RTMPPacket& packet, std::uint32_t chunk_size);
  rtmp::Error checkHeader(const RTMPPacket& packet, std::uint32_t chunk_size);
  rtmp::Error checkBudget(const RTMPPacket& packet) const;
  rtmp::RawMessage take(RTMPPacket& packet);
  rtmp::Error obey(const rtmp::RawMessage& raw);
  rtmp::Error setChunkSize(std::uint32_t size);
  void abort(std::uint32_t id);
  void release(RTMPPacket& packet);
  std::uintptr_t bodyOf(const RTMPPacket& packet) const;

  RTMP& session_;
  rtmp::Limits limits_;
  std::map<int, ChunkStream> streams_;
  std::uint64_t bytes_received_ = 0;
  std::uint32_t last_count_ = 0;
};

}  // namespace multiconn::librtmp
