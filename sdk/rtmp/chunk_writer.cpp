#include "rtmp/chunk_writer.hpp"

#include <algorithm>

namespace multiconn::rtmp {
namespace {

constexpr std::uint8_t control_chunk_stream = 2;
constexpr std::uint32_t extended_marker = 0xFFFFFF;
constexpr std::size_t max_first_header = 1 + 11 + 4;
constexpr std::size_t max_continuation_header = 1 + 4;

ByteWriter& basicHeader(ByteWriter& out, unsigned format, std::uint8_t chunk_stream) {
  return out.u8(format << 6 | chunk_stream);
}

void littleEndian(ByteWriter& out, std::uint32_t value) {
  for (unsigned shift = 0; shift < 32; shift += 8) out.u8(value >> shift & 0xFF);
}

}  // namespace

void ComposedMessage::copy(BytesView bytes) {
  if (bytes.empty()) return;
  reserveHeaders(bytes.size());
  const std::size_t begin = headers_.size();
  ByteWriter(headers_).bytes(bytes);
  addHeader(begin);
}

void ComposedMessage::clear() {
  headers_.clear();
  slices_.clear();
  payloads_.clear();
  size_ = 0;
}

// Slices point into the headers, which must not move under them.
void ComposedMessage::reserveHeaders(std::size_t more) {
  if (headers_.capacity() - headers_.size() >= more) return;
  Bytes larger;
  larger.reserve(std::max(2 * headers_.capacity(), headers_.size() + more));
  larger.insert(larger.end(), headers_.begin(), headers_.end());
  std::size_t moved = 0;
  for (BytesView& slice : slices_) {
    if (moved == headers_.size() || slice.data() != headers_.data() + moved) continue;
    slice = BytesView(larger).subspan(moved, slice.size());
    moved += slice.size();
  }
  headers_.swap(larger);
}

// Headers without a payload between them are one slice.
void ComposedMessage::addHeader(std::size_t begin) {
  const BytesView added = BytesView(headers_).subspan(begin);
  size_ += added.size();
  if (begin > 0 && slices_.back().data() + slices_.back().size() == added.data())
    slices_.back() = {slices_.back().data(), slices_.back().size() + added.size()};
  else
    slices_.push_back(added);
}

void ComposedMessage::share(BytesView payload) {
  if (payload.empty()) return;
  slices_.push_back(payload);
  size_ += payload.size();
}

void ChunkWriter::append(const OutMessage& message, ComposedMessage& out) {
  BytesView rest = message.payload ? BytesView(*message.payload) : BytesView{};
  const std::size_t continuations = rest.empty() ? 0 : (rest.size() - 1) / chunk_size_;
  out.reserveHeaders(max_first_header + continuations * max_continuation_header);
  if (message.payload) out.payloads_.push_back(message.payload);

  const std::uint8_t chunk_stream = message.chunk_stream & 0x3F;
  const bool extended = message.timestamp >= extended_marker;
  std::size_t header_begin = out.headers_.size();
  firstHeader(message, chunk_stream, out.headers_);
  while (true) {
    out.addHeader(header_begin);
    const std::size_t part = std::min<std::size_t>(rest.size(), chunk_size_);
    out.share(rest.first(part));
    rest = rest.subspan(part);
    if (rest.empty()) return;
    header_begin = out.headers_.size();
    ByteWriter header(out.headers_);
    basicHeader(header, 3, chunk_stream);
    if (extended) header.u32(message.timestamp);  // RTMP 1.0 5.3.1.3; some peers omit it
  }
}

void ChunkWriter::firstHeader(const OutMessage& message, std::uint8_t chunk_stream, Bytes& out) {
  Previous& previous = previous_[chunk_stream];
  // Control messages stand alone, so that they may be written before ones that were composed earlier.
  const bool full = !previous.used || chunk_stream == control_chunk_stream ||
                    previous.stream_id != message.stream_id || message.timestamp < previous.timestamp ||
                    message.timestamp >= extended_marker;
  const std::uint32_t time =
      full ? std::min(message.timestamp, extended_marker) : message.timestamp - previous.timestamp;
  ByteWriter header(out);
  basicHeader(header, full ? 0 : 1, chunk_stream)
      .u24(time)
      .u24(static_cast<std::uint32_t>(message.payload ? message.payload->size() : 0))
      .u8(static_cast<std::uint8_t>(message.type));
  if (full) littleEndian(header, message.stream_id);
  if (full && time == extended_marker) header.u32(message.timestamp);
  previous = {message.timestamp, message.stream_id, true};
}

}  // namespace multiconn::rtmp
