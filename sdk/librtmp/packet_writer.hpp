#pragma once

#include "rtmp/message.hpp"

struct RTMP;

namespace multiconn::librtmp {

/// Writes messages through RTMP_SendPacket, which puts chunk headers *into* the body it is given: each body
/// is copied into a buffer of our own, with room in front.
class PacketWriter {
 public:
  explicit PacketWriter(RTMP& session) : session_(session) {}

  /// RTMP_Connect1: shakes hands, and sends this message behind it. False: the session is closed. Blocks.
  bool connect(const rtmp::OutMessage& first);
  /// False: the session is closed. Blocks until the socket has taken everything.
  bool send(const rtmp::OutMessage& message);

 private:
  RTMP& session_;
  rtmp::Bytes buffer_;
};

}  // namespace multiconn::librtmp
