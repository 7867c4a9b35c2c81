#include "origin/shared_object_file.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "rtmp/amf0.hpp"

namespace multiconn::origin {
namespace {

constexpr std::string_view magic = "MCSO";
constexpr std::uint8_t format = 1;
using Digest = std::array<std::byte, 32>;

Digest sha256(rtmp::BytesView bytes);
void writeSlot(const std::string& name, const AmfValue& value, rtmp::Bytes& out);
std::optional<AmfValue> readValue(rtmp::BytesView bytes);
std::string encodePart(std::string_view part);

}  // namespace

rtmp::Bytes encodeFile(std::string_view name, const SharedObjectData& data) {
  rtmp::Bytes out;
  out.reserve(data.bytes + 64 + name.size());
  rtmp::ByteWriter writer(out);
  writer.text(magic).u8(format).u8(0);
  writer.u16(static_cast<std::uint32_t>(name.size())).text(name);
  writer.u32(data.version).u32(static_cast<std::uint32_t>(data.slots.size()));
  for (const auto& [slot, content] : data.slots) writeSlot(slot, content.value, out);
  writer.bytes(sha256(out));
  return out;
}

std::optional<SharedObjectContent> decodeFile(rtmp::BytesView bytes) {
  constexpr std::size_t digest_size = std::tuple_size_v<Digest>;
  if (bytes.size() < digest_size) return {};
  const rtmp::BytesView signed_part = bytes.first(bytes.size() - digest_size);
  const Digest digest = sha256(signed_part);
  if (!std::equal(digest.begin(), digest.end(), bytes.last(digest_size).begin())) return {};

  rtmp::ByteReader reader(signed_part);
  if (reader.text(magic.size()) != magic || reader.u8() != format) return {};
  reader.skip(1);
  SharedObjectContent content;
  content.name = reader.text(reader.u16());
  content.version = reader.u32();
  for (std::uint32_t left = reader.u32(); left > 0 && reader.ok(); --left) {
    std::string slot(reader.text(reader.u16()));
    auto value = readValue(reader.take(reader.u32()));
    if (!value) return {};
    content.slots.append(std::move(slot), std::move(*value));
  }
  if (!reader.ok() || !reader.atEnd()) return {};
  return content;
}

std::filesystem::path objectFolder(const std::filesystem::path& data_dir, std::string_view scope) {
  std::filesystem::path folder = data_dir;
  for (std::size_t begin = 0; begin <= scope.size();) {
    const std::size_t end = std::min(scope.find('/', begin), scope.size());
    folder /= encodePart(scope.substr(begin, end - begin));
    begin = end + 1;
  }
  return folder / ".shared";
}

std::string objectFileName(std::string_view name) {
  return encodePart(name) + ".so";
}

namespace {

Digest sha256(rtmp::BytesView bytes) {
  Digest digest{};
  EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(digest.data()), nullptr,
             EVP_sha256(), nullptr);
  return digest;
}

void writeSlot(const std::string& name, const AmfValue& value, rtmp::Bytes& out) {
  rtmp::Bytes encoded;
  const std::span one(&value, 1);
  // What is in an object has been found encodable one way or the other.
  if (rtmp::amf0::encode(one, encoded) != rtmp::Error::none) {
    (void)rtmp::amf0::encodeWithAmf3(one, encoded);
  }
  rtmp::ByteWriter writer(out);
  writer.u16(static_cast<std::uint32_t>(name.size())).text(name);
  writer.u32(static_cast<std::uint32_t>(encoded.size())).bytes(encoded);
}

// The digest vouches for it: a client's value, which has passed a peer's limits before.
std::optional<AmfValue> readValue(rtmp::BytesView bytes) {
  rtmp::Limits limits;
  limits.amf_values = 1 << 24;
  limits.amf_memory_factor = 1024;
  auto values = rtmp::amf0::decode(bytes, limits);
  if (!values || values->size() != 1) return {};
  return std::move(values->front());
}

std::string hex(rtmp::BytesView bytes) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string text;
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<unsigned>(byte) >> 4];
    text += digits[std::to_integer<unsigned>(byte) & 15];
  }
  return text;
}

bool isPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

// NAME_MAX is 255 on common file systems, and endings have to fit behind the name.
std::string encodePart(std::string_view part) {
  constexpr std::size_t longest = 200;
  std::string text;
  for (const char& c : part) {
    if (isPlain(c)) {
      text += c;
    } else {
      text.append("%").append(hex(std::as_bytes(std::span(&c, 1))));
    }
  }
  return text.size() <= longest ? text : "%-" + hex(sha256(rtmp::asBytes(part)));
}

}  // namespace
}  // namespace multiconn::origin
