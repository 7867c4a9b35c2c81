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

void ChunkWriter::compose(const OutMessage& message, ComposedMessage& out) {
  out.payload_ = message.payload;
  BytesView rest = message.payload ? BytesView(*message.payload) : BytesView{};
  const std::size_t continuations = rest.empty() ? 0 : (rest.size() - 1) / chunk_size_;
  // Slices point into headers_, which must not move while it is being filled.
  out.headers_.clear();
  out.headers_.reserve(max_first_header + continuations * max_continuation_header);
  out.slices_.clear();
  out.slices_.reserve(2 * (continuations + 1));
  out.size_ = 0;

  const std::uint8_t chunk_stream = message.chunk_stream & 0x3F;
  const bool extended = message.timestamp >= extended_marker;
  const auto slice = [&](BytesView bytes) {
    if (bytes.empty()) return;
    out.slices_.push_back(bytes);
    out.size_ += bytes.size();
  };
  firstHeader(message, chunk_stream, out.headers_);
  std::size_t header_begin = 0;
  while (true) {
    slice(BytesView(out.headers_).subspan(header_begin));
    const std::size_t part = std::min<std::size_t>(rest.size(), chunk_size_);
    slice(rest.first(part));
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
