#include "balance/connect_rewriter.hpp"

#include <algorithm>
#include <utility>

#include "rtmp/limits.hpp"
#include "rtmp/message.hpp"

namespace multiconn::balance {
namespace {

using rtmp::Bytes;
using rtmp::BytesView;
using rtmp::Error;
using rtmp::MessageType;

constexpr const char* hops_property = "multiconnHops";
constexpr std::uint32_t no_time = 0xFFFFFF;
constexpr std::size_t max_connect = 64 * 1024, max_chunk_streams = 64;
constexpr std::array<std::size_t, 4> message_header_size{11, 7, 3, 0};

unsigned formatOf(std::byte first) {
  return std::to_integer<unsigned>(first) >> 6;
}

std::size_t basicHeaderSize(std::byte first) {
  const unsigned low = std::to_integer<unsigned>(first) & 0x3F;
  return low == 0 ? 2 : low == 1 ? 3 : 1;
}

std::uint32_t littleEndian(std::uint32_t value) {
  return value >> 24 | (value >> 8 & 0xFF00) | (value << 8 & 0xFF0000) | value << 24;
}

// In the shortest form there is.
void appendBasicHeader(unsigned format, std::uint32_t id, Bytes& out) {
  rtmp::ByteWriter writer(out);
  if (id < 64) {
    writer.u8(format << 6 | id);
  } else if (id < 320) {
    writer.u8(format << 6).u8(id - 64);
  } else {
    writer.u8(format << 6 | 1).u8((id - 64) & 0xFF).u8((id - 64) >> 8);
  }
}

}  // namespace

unsigned hopsOf(const AmfObject& connect) {
  constexpr double most = 1000;
  const double hops = connect.numberOr(hops_property, 0);
  return hops >= 1 ? static_cast<unsigned>(std::min(hops, most)) : 0;
}

ConnectRewriter::ConnectRewriter(std::string app, std::string tc_url)
    : app_(std::move(app)), tc_url_(std::move(tc_url)) {}

Error ConnectRewriter::pass(BytesView bytes, Bytes& out) {
  while (!bytes.empty()) {
    if (transparent()) {
      out.insert(out.end(), bytes.begin(), bytes.end());
      return Error::none;
    }
    const Error error = chunk_.stream == nullptr ? readHeader(bytes, out) : readPayload(bytes, out);
    if (error != Error::none) return error;
  }
  return Error::none;
}

// ---- headers ----

bool ConnectRewriter::gather(BytesView& bytes, std::size_t count) {
  const std::size_t taken = std::min(bytes.size(), count - std::min(count, header_size_));
  std::copy_n(bytes.begin(), taken, header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
  header_size_ += taken;
  bytes = bytes.subspan(taken);
  return header_size_ >= count;
}

std::uint32_t ConnectRewriter::chunkStreamId() const {
  rtmp::ByteReader reader(header_);
  const std::uint32_t low = reader.u8() & 0x3F;
  if (low > 1) return low;
  const std::uint32_t second = reader.u8();
  return low == 0 ? 64 + second : 64 + second + 256 * std::uint32_t{reader.u8()};
}

std::size_t ConnectRewriter::headerSize() const {
  return basicHeaderSize(header_[0]) + message_header_size[formatOf(header_[0])];
}

Error ConnectRewriter::readHeader(BytesView& bytes, Bytes& out) {
  if (!gather(bytes, 1) || !gather(bytes, headerSize())) return Error::none;
  const unsigned format = formatOf(header_[0]);
  const auto known = streams_.find(chunkStreamId());
  rtmp::ByteReader reader(BytesView(header_).subspan(basicHeaderSize(header_[0])));
  const bool extended =
      format < 3 ? reader.u24() == no_time : known != streams_.end() && known->second.time_field == no_time;
  if (extended) {
    if (!gather(bytes, headerSize() + 4)) return Error::none;
    rtmp::ByteReader time(BytesView(header_).subspan(headerSize()));
    const std::uint32_t value = time.u32();
    // Some clients leave it out of continuations; then these four bytes are payload.
    if (format == 3 && value != known->second.extended && value != 0) return Error::chunk_inside_message;
  }
  return beginChunk(out);
}

Error ConnectRewriter::beginChunk(Bytes& out) {
  const unsigned format = formatOf(header_[0]);
  const std::uint32_t id = chunkStreamId();
  const bool known = streams_.contains(id);
  if (!known && format > 1) return Error::chunk_without_header;
  if (!known && streams_.size() == max_chunk_streams) return Error::too_many_chunk_streams;
  ChunkStream& stream = streams_[id];
  const ChunkStream before = stream;
  if (stream.left > 0 && format != 3) return Error::chunk_inside_message;
  if (stream.left == 0) beginMessage(stream);
  if (stream.length > rtmp::Limits{}.max_media_message) return Error::message_too_large;

  const bool command = stream.type == static_cast<std::uint8_t>(MessageType::command_amf0) ||
                       stream.type == static_cast<std::uint8_t>(MessageType::command_amf3);
  if (phase_ == Phase::before_connect && command && connect_id_ == 0) {
    if (stream.length > max_connect) return Error::message_too_large;
    connect_id_ = id;
  }
  chunk_ = {&stream, id, std::min(stream.left, chunk_size_)};
  if (!inConnect()) passHeader(before, out);
  header_size_ = 0;
  if (chunk_.left > 0) return Error::none;
  return endMessage(out);
}

void ConnectRewriter::beginMessage(ChunkStream& stream) {
  const unsigned format = formatOf(header_[0]);
  rtmp::ByteReader reader(BytesView(header_).subspan(basicHeaderSize(header_[0])));
  if (format < 3) stream.time_field = reader.u24();
  if (format < 2) {
    stream.length = reader.u24();
    stream.type = reader.u8();
  }
  if (format == 0) stream.stream_id = littleEndian(reader.u32());
  if (stream.time_field == no_time) {
    rtmp::ByteReader time(BytesView(header_).subspan(headerSize()));
    stream.extended = time.u32();
  }
  stream.left = stream.length;
  control_.clear();
}

// The first message behind connect on its chunk stream: with a short header it would inherit the length that
// connect had at the client, so it gets one that says it. The edge then knows all that the client does.
void ConnectRewriter::passHeader(const ChunkStream& before, Bytes& out) {
  const unsigned format = formatOf(header_[0]);
  const bool follows_connect = phase_ == Phase::behind_connect && chunk_.id == connect_id_;
  if (follows_connect) phase_ = Phase::transparent;
  if (!follows_connect || format < 2) {
    out.insert(out.end(), header_.begin(), header_.begin() + static_cast<std::ptrdiff_t>(header_size_));
    return;
  }
  appendBasicHeader(1, chunk_.id, out);
  rtmp::ByteWriter writer(out);
  // Behind a type 0 header, type 3 repeats its timestamp as the difference (RTMP 1.0 5.3.1.2.4).
  writer.u24(chunk_.stream->time_field).u24(before.length).u8(before.type);
  if (chunk_.stream->time_field == no_time) writer.u32(chunk_.stream->extended);
}

// ---- payload ----

bool ConnectRewriter::inConnect() const {
  return phase_ == Phase::before_connect && connect_id_ != 0 && chunk_.id == connect_id_;
}

Error ConnectRewriter::readPayload(BytesView& bytes, Bytes& out) {
  const BytesView part = bytes.first(std::min<std::size_t>(bytes.size(), chunk_.left));
  bytes = bytes.subspan(part.size());
  chunk_.left -= static_cast<std::uint32_t>(part.size());
  chunk_.stream->left -= static_cast<std::uint32_t>(part.size());
  Bytes& to = inConnect() ? connect_ : out;
  to.insert(to.end(), part.begin(), part.end());
  const std::uint8_t type = chunk_.stream->type;
  if (type == static_cast<std::uint8_t>(MessageType::set_chunk_size) ||
      type == static_cast<std::uint8_t>(MessageType::abort)) {
    constexpr std::size_t body = 4;
    const std::size_t more = std::min(part.size(), body - std::min(body, control_.size()));
    control_.insert(control_.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(more));
  }
  if (chunk_.left > 0) return Error::none;
  if (chunk_.stream->left > 0) {
    chunk_.stream = nullptr;
    return Error::none;
  }
  return endMessage(out);
}

Error ConnectRewriter::endMessage(Bytes& out) {
  const bool connect = inConnect();
  const Error error = connect ? replaceConnect(out) : obey();
  chunk_.stream = nullptr;
  return error;
}

Error ConnectRewriter::obey() {
  rtmp::ByteReader reader(control_);
  const std::uint32_t value = reader.u32();
  if (!reader.ok()) return Error::none;
  if (chunk_.stream->type == static_cast<std::uint8_t>(MessageType::set_chunk_size)) {
    if (value == 0 || value >> 31 != 0) return Error::chunk_size_invalid;
    chunk_size_ = value;
  } else if (const auto aborted = streams_.find(value);
             chunk_.stream->type == static_cast<std::uint8_t>(MessageType::abort) &&
             aborted != streams_.end()) {
    aborted->second.left = 0;
    if (value == connect_id_ && phase_ == Phase::before_connect) {
      connect_id_ = 0;
      connect_.clear();
    }
  }
  return Error::none;
}

Error ConnectRewriter::replaceConnect(Bytes& out) {
  const ChunkStream& stream = *chunk_.stream;
  auto message = rtmp::decode({stream.type, 0, stream.stream_id, rtmp::makePayload(std::move(connect_))},
                              rtmp::Limits{});
  connect_ = {};
  if (!message) return message.error();
  auto* command = std::get_if<rtmp::Command>(&message->body);
  AmfObject* object = command != nullptr ? command->object.object() : nullptr;
  if (object == nullptr || command->name != "connect") return Error::unexpected_command;
  object->set("app", app_);
  object->set("tcUrl", tc_url_);
  object->set(hops_property, hopsOf(*object) + 1.0);
  const auto encoded = rtmp::encode(*message);
  if (!encoded) return encoded.error();

  const BytesView body = *encoded->payload;
  appendBasicHeader(0, chunk_.id, out);
  rtmp::ByteWriter writer(out);
  writer.u24(stream.time_field).u24(static_cast<std::uint32_t>(body.size()));
  writer.u8(static_cast<std::uint8_t>(encoded->type)).u32(littleEndian(stream.stream_id));
  if (stream.time_field == no_time) writer.u32(stream.extended);
  for (std::size_t sent = 0; sent < body.size(); sent += chunk_size_) {
    if (sent > 0) {
      appendBasicHeader(3, chunk_.id, out);
      if (stream.time_field == no_time) writer.u32(stream.extended);
    }
    writer.bytes(body.subspan(sent, std::min<std::size_t>(chunk_size_, body.size() - sent)));
  }
  phase_ = Phase::behind_connect;
  return Error::none;
}

}  // namespace multiconn::balance
