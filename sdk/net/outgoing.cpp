#include "net/outgoing.hpp"

#include <utility>

namespace multiconn::net {

void Outgoing::start(rtmp::ComposedMessage& composed, std::size_t offset) {
  clear();
  std::swap(composed_, composed);
  consume(offset);
}

std::size_t Outgoing::collect(std::span<rtmp::BytesView> slices) const {
  const auto& parts = composed_.slices();
  std::size_t count = 0;
  for (std::size_t i = slice_; i < parts.size() && count < slices.size(); ++i)
    slices[count++] = i == slice_ ? parts[i].subspan(slice_offset_) : parts[i];
  return count;
}

void Outgoing::consume(std::size_t bytes) {
  written_ += bytes;
  slice_offset_ += bytes;
  skipWritten();
}

void Outgoing::clear() {
  composed_.clear();
  written_ = slice_ = slice_offset_ = 0;
}

// Payloads are let go of as soon as all is written.
void Outgoing::skipWritten() {
  if (unwritten() == 0) return clear();
  while (slice_offset_ >= composed_.slices()[slice_].size())
    slice_offset_ -= composed_.slices()[slice_++].size();
}

}  // namespace multiconn::net
