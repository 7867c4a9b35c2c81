#pragma once

#include <cstddef>
#include <span>

#include "rtmp/bytes.hpp"
#include "rtmp/chunk_writer.hpp"

namespace multiconn::net {

/// What a pump has yet to write, in order. Payloads stay where they are. Reused, so that the steady state
/// allocates nothing.
class Outgoing {
 public:
  std::size_t unwritten() const { return composed_.size() - written_; }

  /// Adds with `add(ComposedMessage&)`, behind what there is.
  template <typename Add>
  void add(Add add) {
    if (unwritten() == 0) clear();
    add(composed_);
  }
  /// Takes over what has been written up to `offset`, and leaves nothing in its place. Only when nothing else
  /// is unwritten.
  void start(rtmp::ComposedMessage& composed, std::size_t offset);

  /// The next slices to write; fewer than all when `slices` is too short.
  std::size_t collect(std::span<rtmp::BytesView> slices) const;
  /// So many bytes of them have been written.
  void consume(std::size_t bytes);

 private:
  void clear();
  void skipWritten();

  rtmp::ComposedMessage composed_;
  std::size_t written_ = 0;
  std::size_t slice_ = 0;         // the first that is not written
  std::size_t slice_offset_ = 0;  // in it
};

}  // namespace multiconn::net
