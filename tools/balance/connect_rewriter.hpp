#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include <multiconn/amf_value.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"

namespace multiconn::balance {

/// How many balancers have carried whoever sends this connect: its property multiconnHops, which
/// ConnectRewriter raises. 0 for everybody else, and for what is no count.
unsigned hopsOf(const AmfObject& connect);

/// What a client sends behind its handshake, as an edge is to get it: connect names another app and tcUrl and
/// has one hop more, and everything else stays as it came, chunk by chunk (RTMP 1.0 5.3.1). Pure; keeps one
/// connect at most.
class ConnectRewriter {
 public:
  ConnectRewriter(std::string app, std::string tc_url);

  /// Appends to `out` what goes on to the edge. An error: these bytes are not RTMP, or connect is not the
  /// first command; then the connection has to be closed.
  rtmp::Error pass(rtmp::BytesView bytes, rtmp::Bytes& out);

  /// Nothing will differ any more: bytes may go on as they come. Until the first message behind connect on
  /// its chunk stream there is a length to watch for, which a short header would inherit.
  bool transparent() const { return phase_ == Phase::transparent; }

 private:
  enum class Phase : std::uint8_t { before_connect, behind_connect, transparent };
  struct ChunkStream {
    std::uint32_t time_field = 0;  // as in the header: 0xFFFFFF means that an extended one follows
    std::uint32_t extended = 0;
    std::uint32_t length = 0;
    std::uint32_t stream_id = 0;
    std::uint32_t left = 0;  // of the message; 0: the next chunk begins one
    std::uint8_t type = 0;
  };
  // What the bytes at hand are a part of.
  struct Chunk {
    ChunkStream* stream = nullptr;
    std::uint32_t id = 0;
    std::uint32_t left = 0;
  };

  bool gather(rtmp::BytesView& bytes, std::size_t count);
  std::size_t headerSize() const;
  std::uint32_t chunkStreamId() const;
  rtmp::Error readHeader(rtmp::BytesView& bytes, rtmp::Bytes& out);
  rtmp::Error beginChunk(rtmp::Bytes& out);
  void beginMessage(ChunkStream& stream);
  void passHeader(const ChunkStream& before, rtmp::Bytes& out);
  rtmp::Error readPayload(rtmp::BytesView& bytes, rtmp::Bytes& out);
  rtmp::Error endMessage(rtmp::Bytes& out);
  rtmp::Error obey();
  rtmp::Error replaceConnect(rtmp::Bytes& out);
  bool inConnect() const;

  std::string app_, tc_url_;
  Phase phase_ = Phase::before_connect;
  std::uint32_t chunk_size_ = 128;
  std::map<std::uint32_t, ChunkStream> streams_;
  std::array<std::byte, 18> header_{};
  std::size_t header_size_ = 0;
  Chunk chunk_;
  std::uint32_t connect_id_ = 0;  // its chunk stream; 0: not yet seen
  rtmp::Bytes connect_;
  rtmp::Bytes control_;  // body of a Set Chunk Size or Abort
};

}  // namespace multiconn::balance
