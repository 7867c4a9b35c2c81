#include "net/outgoing.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::net {

void Outgoing::takeControl(rtmp::Bytes& control) {
  if (gathered_.empty()) {
    gathered_.swap(control);
  } else {
    gathered_.insert(gathered_.end(), control.begin(), control.end());
  }
  control.clear();
}

void Outgoing::gather(const rtmp::ComposedMessage& message) {
  for (const rtmp::BytesView slice : message.slices())
    gathered_.insert(gathered_.end(), slice.begin(), slice.end());
}

void Outgoing::start(rtmp::ComposedMessage& message, std::size_t offset) {
  std::swap(message_, message);
  slice_ = 0;
  slice_offset_ = offset;
  message_left_ = message_.size() - offset;
  skipWritten();
}

std::size_t Outgoing::collect(std::span<rtmp::BytesView> slices) const {
  std::size_t count = 0;
  if (gathered_offset_ < gathered_.size())
    slices[count++] = rtmp::BytesView(gathered_).subspan(gathered_offset_);
  if (!messageInFlight()) return count;
  const auto& parts = message_.slices();
  for (std::size_t i = slice_; i < parts.size() && count < slices.size(); ++i)
    slices[count++] = i == slice_ ? parts[i].subspan(slice_offset_) : parts[i];
  return count;
}

void Outgoing::consume(std::size_t bytes) {
  const std::size_t from_gathered = std::min(bytes, gathered_.size() - gathered_offset_);
  gathered_offset_ += from_gathered;
  if (gathered_offset_ == gathered_.size()) {
    gathered_.clear();
    gathered_offset_ = 0;
  }
  if (!messageInFlight()) return;
  bytes -= from_gathered;
  message_left_ -= bytes;
  slice_offset_ += bytes;
  skipWritten();
}

void Outgoing::skipWritten() {
  while (messageInFlight() && slice_offset_ >= message_.slices()[slice_].size())
    slice_offset_ -= message_.slices()[slice_++].size();
  if (!messageInFlight()) message_.clear();
}

}  // namespace multiconn::net
