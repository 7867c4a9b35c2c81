#include "rtmp/chunk_reader.hpp"

#include <algorithm>

namespace multiconn::rtmp {
namespace {

constexpr std::uint32_t control_chunk_stream = 2;
constexpr std::uint32_t extended_marker = 0xFFFFFF;
constexpr std::size_t first_reserve = 64 * 1024;
constexpr std::array<std::size_t, 4> message_header_size = {11, 7, 3, 0};

std::size_t basicHeaderSize(std::byte first) {
  const auto low = std::to_integer<unsigned>(first) & 0x3F;
  return low == 0 ? 2 : low == 1 ? 3 : 1;
}

std::uint32_t chunkStreamId(BytesView basic_header) {
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint32_t>(basic_header[i]); };
  switch (basic_header.size()) {
    case 1:
      return at(0) & 0x3F;
    case 2:
      return at(1) + 64;
    default:
      return at(1) + 64 + 256 * at(2);  // RTMP 1.0 5.3.1.1: the third byte counts 256s
  }
}

// Room for what came and for as much again, never for more than the message: its length is only a promise.
void reserve(Bytes& partial, std::size_t arriving, std::size_t length) {
  const std::size_t needed = partial.size() + arriving;
  if (needed <= partial.capacity()) return;
  const std::size_t geometric = partial.empty() ? first_reserve : 2 * partial.size();
  partial.reserve(std::min(length, std::max(needed, geometric)));
}

}  // namespace

Error ChunkReader::read(BytesView bytes, std::vector<RawMessage>& out) {
  Error error = Error::none;
  while (!bytes.empty() && error == Error::none) {
    switch (phase_) {
      case Phase::basic_header:
        error = readBasicHeader(bytes);
        break;
      case Phase::message_header:
        error = readMessageHeader(bytes, out);
        break;
      case Phase::extended_timestamp:
        error = format_ == 3 ? readRepeatedTimestamp(bytes, out) : readExtendedTimestamp(bytes, out);
        break;
      case Phase::payload:
        error = readPayload(bytes, out);
        break;
    }
    if (error != Error::none) return error;
    // A type-3 chunk has no message header: what follows from it needs no further bytes.
    if (phase_ == Phase::message_header && format_ == 3) error = readMessageHeader(bytes, out);
  }
  return error;
}

Error ChunkReader::readBasicHeader(BytesView& bytes) {
  if (!gather(bytes, 1) || !gather(bytes, basicHeaderSize(header_[0]))) return Error::none;
  format_ = std::to_integer<std::uint8_t>(header_[0] >> 6);
  current_id_ = chunkStreamId(gathered());
  header_size_ = 0;
  phase_ = Phase::message_header;
  return openChunkStream();
}

Error ChunkReader::openChunkStream() {
  auto found = streams_.find(current_id_);
  if (found == streams_.end()) {
    // librtmp answers the first ping with a type-1 header; there is nothing to inherit but message stream 0.
    const bool tolerated = format_ == 1 && current_id_ == control_chunk_stream;
    if (format_ != 0 && !tolerated) return Error::chunk_without_header;
    if (streams_.size() >= limits_.max_chunk_streams) return Error::too_many_chunk_streams;
    found = streams_.try_emplace(current_id_).first;
  }
  current_ = &found->second;
  return current_->in_message && format_ != 3 ? Error::chunk_inside_message : Error::none;
}

Error ChunkReader::readMessageHeader(BytesView& bytes, std::vector<RawMessage>& out) {
  if (!gather(bytes, message_header_size[format_])) return Error::none;
  ByteReader header(gathered());
  header_size_ = 0;
  if (format_ == 3) {
    if (!current_->extended || style_ == ContinuationStyle::omits_extended) {
      return beginChunk(current_->delta, out);
    }
    phase_ = Phase::extended_timestamp;
    return Error::none;
  }
  const std::uint32_t time_field = header.u24();
  if (format_ <= 1) {
    current_->length = header.u24();
    current_->type = header.u8();
  }
  if (format_ == 0) {
    current_->stream_id = 0;
    for (unsigned shift = 0; shift < 32; shift += 8) {
      current_->stream_id |= std::uint32_t{header.u8()} << shift;
    }
  }
  current_->extended = time_field == extended_marker;
  if (!current_->extended) return beginChunk(time_field, out);
  phase_ = Phase::extended_timestamp;
  return Error::none;
}

Error ChunkReader::readExtendedTimestamp(BytesView& bytes, std::vector<RawMessage>& out) {
  if (!gather(bytes, 4)) return Error::none;
  current_->extended_value = ByteReader(gathered()).u32();
  header_size_ = 0;
  return beginChunk(current_->extended_value, out);
}

// RTMP 1.0 5.3.1.3 repeats the field in type-3 chunks; older implementations leave it out, and some write
// zeros. The first one seen tells: what is neither the value nor zero is payload already.
Error ChunkReader::readRepeatedTimestamp(BytesView& bytes, std::vector<RawMessage>& out) {
  const bool complete = gather(bytes, 4);
  if (style_ == ContinuationStyle::unknown) {
    std::array<std::byte, 4> value{};
    const std::array<std::byte, 4> zeros{};
    for (unsigned i = 0; i < 4; ++i) {
      value[i] = static_cast<std::byte>(current_->extended_value >> (24 - 8 * i) & 0xFF);
    }
    const auto startsLike = [&](const std::array<std::byte, 4>& field) {
      return std::equal(gathered().begin(), gathered().end(), field.begin());
    };
    if (!startsLike(value) && !startsLike(zeros)) {
      style_ = ContinuationStyle::omits_extended;
      const std::array<std::byte, 16> payload = header_;
      const std::size_t size = std::exchange(header_size_, 0);
      if (const Error error = beginChunk(current_->delta, out); error != Error::none) return error;
      return read(BytesView(payload).first(size), out);  // at most 4 bytes, and the style is known: no deeper
    }
  }
  if (!complete) return Error::none;
  style_ = ContinuationStyle::repeats_extended;
  header_size_ = 0;
  return beginChunk(current_->delta, out);
}

Error ChunkReader::beginChunk(std::uint32_t time_field, std::vector<RawMessage>& out) {
  if (!current_->in_message) {
    if (const Error error = beginMessage(time_field); error != Error::none) return error;
  }
  const std::size_t left = current_->length - current_->partial.size();
  chunk_left_ = std::min<std::size_t>(chunk_size_, left);
  phase_ = Phase::payload;
  return left == 0 ? finishMessage(out) : Error::none;
}

Error ChunkReader::beginMessage(std::uint32_t time_field) {
  ChunkStream& stream = *current_;
  if (stream.length > limitFor(stream.type)) return Error::message_too_large;
  if (partial_messages_ >= limits_.max_partial_messages) return Error::too_many_partial_messages;
  // RTMP 1.0 5.3.1.2.4: type 3 at the start of a message repeats the delta, after type 0 its timestamp.
  stream.delta = time_field;
  stream.timestamp = format_ == 0 ? time_field : stream.timestamp + time_field;
  stream.in_message = true;
  ++partial_messages_;
  return Error::none;
}

Error ChunkReader::readPayload(BytesView& bytes, std::vector<RawMessage>& out) {
  Bytes& partial = current_->partial;
  const BytesView part = bytes.first(std::min(bytes.size(), chunk_left_));
  if (partial_bytes_ + part.size() > limits_.reassembly_budget) return Error::reassembly_budget_exceeded;
  reserve(partial, part.size(), current_->length);
  partial.insert(partial.end(), part.begin(), part.end());
  partial_bytes_ += part.size();
  bytes = bytes.subspan(part.size());
  chunk_left_ -= part.size();
  if (chunk_left_ > 0) return Error::none;
  phase_ = Phase::basic_header;
  return partial.size() == current_->length ? finishMessage(out) : Error::none;
}

Error ChunkReader::finishMessage(std::vector<RawMessage>& out) {
  ChunkStream& stream = *current_;
  phase_ = Phase::basic_header;
  stream.in_message = false;
  --partial_messages_;
  partial_bytes_ -= stream.partial.size();
  out.push_back(
      {stream.type, stream.timestamp, stream.stream_id, makePayload(std::exchange(stream.partial, Bytes{}))});
  return obey(out.back());
}

Error ChunkReader::obey(const RawMessage& raw) {
  ByteReader body(*raw.payload);
  const std::uint32_t value = body.u32();
  if (!body.ok()) return Error::none;
  if (raw.type == static_cast<std::uint8_t>(MessageType::abort)) abort(value);
  if (raw.type != static_cast<std::uint8_t>(MessageType::set_chunk_size)) return Error::none;
  if (value == 0 || value > 0x7FFFFFFF) return Error::chunk_size_invalid;
  chunk_size_ = std::min(value, limits_.max_chunk_size);
  return Error::none;
}

// RTMP 1.0 5.4.2. The header state stays: later chunks may build on it.
void ChunkReader::abort(std::uint32_t chunk_stream) {
  const auto found = streams_.find(chunk_stream);
  if (found == streams_.end() || !found->second.in_message) return;
  ChunkStream& stream = found->second;
  partial_bytes_ -= stream.partial.size();
  --partial_messages_;
  stream.partial = Bytes{};
  stream.in_message = false;
}

bool ChunkReader::gather(BytesView& bytes, std::size_t count) {
  const std::size_t missing = count > header_size_ ? count - header_size_ : 0;
  const BytesView part = bytes.first(std::min(bytes.size(), missing));
  std::copy(part.begin(), part.end(), header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
  header_size_ += part.size();
  bytes = bytes.subspan(part.size());
  return header_size_ >= count;
}

std::size_t ChunkReader::limitFor(std::uint8_t type) const {
  switch (static_cast<MessageType>(type)) {
    case MessageType::audio:
    case MessageType::video:
    case MessageType::aggregate:
      return limits_.max_media_message;
    default:
      return limits_.max_other_message;
  }
}

}  // namespace multiconn::rtmp
