#include "origin/recording_file.hpp"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>

#include "rtmp/flv.hpp"

namespace multiconn::origin {
namespace {

constexpr std::size_t buffer_size = 256 * 1024;
constexpr std::byte has_audio{4}, has_video{1};
constexpr off_t flags_offset = 4;

std::string failure(const char* what) {
  return std::string(what) + ": " + std::generic_category().message(errno);
}

struct End {
  std::uint64_t offset = 0;     // behind the last whole tag
  std::uint32_t next_time = 0;  // for what comes after it
};

// The distance of the last two tags of one type is the best guess for the distance of the next.
End endOf(const FlvFile& file) {
  End end{file.firstTag(), 0};
  std::array<std::uint32_t, 32> last{};
  for (auto tag = file.tag(end.offset); tag; tag = file.tag(end.offset)) {
    const std::uint32_t step = std::clamp<std::uint32_t>(tag->timestamp - last[tag->type], 1, 1000);
    last[tag->type] = tag->timestamp;
    end = {tag->next(), std::max(end.next_time, tag->timestamp + step)};
  }
  return end;
}

}  // namespace

RecordingFile::~RecordingFile() {
  if (!unfinished_) return;
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
}

std::string RecordingFile::open() {
  std::error_code error;
  std::filesystem::create_directories(target_.parent_path(), error);
  if (error) return "cannot make the application's folder: " + error.message();
  part_ = target_;
  part_ += ".part";
  std::filesystem::remove(part_, error);
  file_ = FileDescriptor(::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file_) return failure("cannot create the file");
  unfinished_ = true;
  if (append_ && std::filesystem::exists(target_, error)) {
    const auto old = FlvFile::open(target_);
    return old ? copyOld(*old) : "the file to append to is not FLV";
  }
  return writeAll(rtmp::flvHeader(false, false));
}

std::string RecordingFile::write(std::uint8_t type, std::uint32_t time_ms, rtmp::BytesView body) {
  if (type == 8) present_ |= has_audio;
  if (type == 9) present_ |= has_video;
  rtmp::appendFlvTag({type, offset_ms_ + time_ms, body}, buffer_);
  return buffer_.size() < buffer_size ? std::string() : flush();
}

std::string RecordingFile::finish() {
  if (std::string error = flush(); !error.empty()) return error;
  if (::pwrite(file_.get(), &present_, 1, flags_offset) != 1) return failure("cannot write");
  // The data has to be on the disk before the name leads to it.
  if (::fdatasync(file_.get()) != 0) return failure("cannot write");
  std::error_code error;
  std::filesystem::rename(part_, target_, error);
  if (error) return "cannot name the finished file: " + error.message();
  unfinished_ = false;
  return {};
}

std::string RecordingFile::copyOld(const FlvFile& old) {
  const End end = endOf(old);
  offset_ms_ = end.next_time;
  if (!old.read(flags_offset, std::span(&present_, 1))) return failure("cannot read the file to append to");
  rtmp::Bytes block(1024 * 1024);
  for (std::uint64_t offset = 0; offset < end.offset; offset += block.size()) {
    block.resize(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), end.offset - offset)));
    if (!old.read(offset, block)) return failure("cannot read the file to append to");
    if (std::string error = writeAll(block); !error.empty()) return error;
  }
  return {};
}

std::string RecordingFile::flush() {
  std::string error = writeAll(buffer_);
  buffer_.clear();
  return error;
}

std::string RecordingFile::writeAll(rtmp::BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("cannot write");
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

}  // namespace multiconn::origin
