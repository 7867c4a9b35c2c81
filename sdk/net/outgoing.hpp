#pragma once

#include <cstddef>
#include <span>

#include "rtmp/bytes.hpp"
#include "rtmp/chunk_writer.hpp"

namespace multiconn::net {

/// What a pump has yet to write, in order: control bytes and small messages gathered with them, then at most
/// one composed message, whose payload stays where it is. Reused, so that the steady state allocates nothing.
class Outgoing {
 public:
  std::size_t unwritten() const { return gathered_.size() - gathered_offset_ + message_left_; }
  std::size_t gathered() const { return gathered_.size(); }
  bool messageInFlight() const { return message_left_ > 0; }

  /// Empties `control` to the end of what is gathered. Not while a message is in flight.
  void takeControl(rtmp::Bytes& control);
  /// Copies a composed message behind what is gathered.
  void gather(const rtmp::ComposedMessage& message);
  /// Puts a composed message in flight, from `offset` on, and leaves another in its place.
  void start(rtmp::ComposedMessage& message, std::size_t offset = 0);

  /// The next slices to write; fewer than all when `slices` is too short.
  std::size_t collect(std::span<rtmp::BytesView> slices) const;
  /// So many bytes of them have been written.
  void consume(std::size_t bytes);

 private:
  void skipWritten();

  rtmp::Bytes gathered_;
  std::size_t gathered_offset_ = 0;
  std::size_t message_left_ = 0;
  rtmp::ComposedMessage message_;
  std::size_t slice_ = 0;
  std::size_t slice_offset_ = 0;
};

}  // namespace multiconn::net
