#pragma once

#include "rtmp/message.hpp"

namespace multiconn::origin {

/// What one message stream of a connection is used for: publishing, or playing a broadcast or a file.
class StreamUse {
 public:
  virtual ~StreamUse() = default;
  virtual void media(const rtmp::Message& /*message*/) {}
  virtual void pause(bool /*pause*/) {}
  virtual void seek(double /*time_ms*/) {}
  virtual void receive(bool /*video*/, bool /*enabled*/) {}
  /// How much the player wants to hold, by user control SetBufferLength.
  virtual void bufferLength(std::uint32_t /*ms*/) {}
};

}  // namespace multiconn::origin
