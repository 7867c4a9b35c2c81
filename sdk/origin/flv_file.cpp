#include "origin/flv_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace multiconn::origin {

std::optional<FlvFile> FlvFile::open(const std::filesystem::path& path) {
  FileDescriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat info {};
  if (!descriptor || ::fstat(descriptor.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  FlvFile file(std::move(descriptor), static_cast<std::uint64_t>(info.st_size));
  std::array<std::byte, 9> header{};
  if (!file.read(0, header)) return {};
  rtmp::ByteReader reader(header);
  if (reader.text(3) != "FLV") return {};
  reader.skip(2);
  const std::uint32_t header_size = reader.u32();
  if (header_size < 9 || header_size > file.size_) return {};
  file.first_tag_ = header_size + 4ULL;
  return file;
}

std::optional<FlvTagPlace> FlvFile::tag(std::uint64_t offset) const {
  std::array<std::byte, 11> header{};
  if (!read(offset, header)) return {};
  rtmp::ByteReader reader(header);
  FlvTagPlace place;
  place.offset = offset;
  place.type = reader.u8() & 0x1F;
  place.size = reader.u24();
  place.timestamp = reader.u24();
  place.timestamp |= static_cast<std::uint32_t>(reader.u8()) << 24;
  if (place.next() > size_) return {};
  return place;
}

std::optional<rtmp::Bytes> FlvFile::body(const FlvTagPlace& tag, std::size_t most) const {
  rtmp::Bytes bytes(std::min<std::size_t>(tag.size, most));
  if (!read(tag.body(), bytes)) return {};
  return bytes;
}

std::optional<FlvTagPlace> FlvFile::lastTag() const {
  std::array<std::byte, 4> back{};
  if (size_ < first_tag_ + 15 || !read(size_ - back.size(), back)) return {};
  const std::uint64_t distance = rtmp::ByteReader(back).u32() + std::uint64_t{4};
  if (distance < 15 || distance > size_ - first_tag_) return {};
  const auto last = tag(size_ - distance);
  return last && last->next() == size_ ? last : std::nullopt;
}

bool FlvFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  if (offset > size_ || out.size() > size_ - offset) return false;
  while (!out.empty()) {
    const ssize_t count = ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    offset += static_cast<std::uint64_t>(count);
    out = out.subspan(static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace multiconn::origin
