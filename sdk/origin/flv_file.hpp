#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

#include "origin/file_descriptor.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::origin {

/// Where a tag lies in a file (FLV 10.1 E.4.1).
struct FlvTagPlace {
  std::uint8_t type = 0;
  std::uint32_t timestamp = 0;  ///< milliseconds
  std::uint32_t size = 0;       ///< of the body
  std::uint64_t offset = 0;     ///< of the tag's header

  std::uint64_t body() const { return offset + 11; }
  /// Where the next tag begins, behind the back pointer.
  std::uint64_t next() const { return body() + size + 4; }
};

/// A finished FLV file, read at any place. Its size is the one it had when it was opened.
class FlvFile {
 public:
  /// Nothing when it cannot be read or does not begin as FLV does.
  static std::optional<FlvFile> open(const std::filesystem::path& path);

  std::uint64_t firstTag() const { return first_tag_; }
  std::uint64_t size() const { return size_; }
  /// The tag at `offset`; nothing at the end, or when it does not lie whole within the file.
  std::optional<FlvTagPlace> tag(std::uint64_t offset) const;
  /// The first bytes of a tag's body, at most `most` of them; nothing when reading fails.
  std::optional<rtmp::Bytes> body(const FlvTagPlace& tag, std::size_t most = SIZE_MAX) const;
  /// By the last back pointer; nothing when that does not lead to a tag which ends the file.
  std::optional<FlvTagPlace> lastTag() const;
  /// Fills `out` from `offset`; false at the end of the file or when reading fails.
  bool read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  FlvFile(FileDescriptor file, std::uint64_t size) : file_(std::move(file)), size_(size) {}

  FileDescriptor file_;
  std::uint64_t size_ = 0, first_tag_ = 0;
};

}  // namespace multiconn::origin
