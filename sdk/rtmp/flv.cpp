#include "rtmp/flv.hpp"

#include "rtmp/message.hpp"

namespace multiconn::rtmp {
namespace {

constexpr std::size_t header_size = 9;
constexpr std::size_t tag_header_size = 11;
constexpr std::size_t back_pointer_size = 4;
constexpr std::size_t max_header_size = 1024;
constexpr std::uint8_t tag_type_mask = 0x1F;
constexpr std::uint8_t encrypted_flag = 0x20;

std::size_t maxBody(std::uint8_t type, const Limits& limits) {
  const bool media = type == static_cast<std::uint8_t>(MessageType::audio) ||
                     type == static_cast<std::uint8_t>(MessageType::video);
  return media ? limits.max_media_message : limits.max_other_message;
}

}  // namespace

void FlvReader::append(BytesView bytes) {
  buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(position_));
  position_ = 0;
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

std::optional<FlvTag> FlvReader::next() {
  if (error_ != Error::none) return std::nullopt;
  if (!header_read_ && !readHeader()) return std::nullopt;
  return readTag();
}

bool FlvReader::readHeader() {
  ByteReader reader(BytesView(buffer_).subspan(position_));
  if (reader.remaining() < header_size) return false;
  const bool signed_flv = reader.text(3) == "FLV";
  reader.skip(2);  // version, which tracks there are: not relied on by anyone
  const std::size_t data_offset = reader.u32();
  if (!signed_flv || data_offset < header_size || data_offset > max_header_size) {
    error_ = Error::flv_malformed;
    return false;
  }
  reader.skip(data_offset - header_size);
  if (!reader.ok()) return false;
  position_ += data_offset;
  header_read_ = true;
  return true;
}

std::optional<FlvTag> FlvReader::readTag() {
  ByteReader reader(BytesView(buffer_).subspan(position_));
  // The back pointer belongs to the tag before, and so the last tag needs none.
  if (reader.remaining() < back_pointer_size + tag_header_size) return std::nullopt;
  reader.skip(back_pointer_size);
  FlvTag tag;
  const std::uint8_t flags = reader.u8();
  const std::size_t size = reader.u24();
  tag.type = flags & tag_type_mask;
  tag.timestamp = reader.u24();
  tag.timestamp |= std::uint32_t{reader.u8()} << 24;
  reader.skip(3);  // stream id, always 0
  if ((flags & encrypted_flag) != 0) error_ = Error::flv_malformed;
  if (size > maxBody(tag.type, limits_)) error_ = Error::message_too_large;
  if (error_ != Error::none || reader.remaining() < size) return std::nullopt;
  tag.body = reader.take(size);
  position_ = buffer_.size() - reader.remaining();
  return tag;
}

Bytes flvHeader(bool audio, bool video) {
  Bytes header;
  ByteWriter(header).text("FLV").u8(1).u8((audio ? 4U : 0U) | (video ? 1U : 0U)).u32(header_size).u32(0);
  return header;
}

void appendFlvTag(const FlvTag& tag, Bytes& out) {
  const auto size = static_cast<std::uint32_t>(tag.body.size());
  ByteWriter writer(out);
  writer.u8(tag.type).u24(size).u24(tag.timestamp & 0xFFFFFF).u8(tag.timestamp >> 24).u24(0);
  writer.bytes(tag.body).u32(static_cast<std::uint32_t>(tag_header_size) + size);
}

}  // namespace multiconn::rtmp
