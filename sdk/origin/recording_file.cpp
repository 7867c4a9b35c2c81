#include "origin/recording_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <system_error>

#include "rtmp/flv.hpp"

namespace multiconn::origin {
namespace {

constexpr std::size_t buffer_size = 256 * 1024;
constexpr std::size_t copy_step = 1024 * 1024, tags_per_step = 1024;
constexpr std::uint64_t tag_overhead = 15;  // header and back pointer
constexpr unsigned most_broken = 10'000;
constexpr std::byte has_audio{4}, has_video{1};
constexpr off_t flags_offset = 4;

std::string failure(const char* what) {
  return std::string(what) + ": " + std::generic_category().message(errno);
}

// How much of `bytes`, which begin with a tag, is whole tags when only `written` of them count.
std::size_t wholeTags(rtmp::BytesView bytes, std::size_t written) {
  std::size_t whole = 0;
  while (written - whole >= tag_overhead) {
    rtmp::ByteReader reader(bytes.subspan(whole + 1));
    const std::uint64_t size = reader.u24() + tag_overhead;
    if (size > written - whole) break;
    whole += static_cast<std::size_t>(size);
  }
  return whole;
}

bool renameToNew(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // Some file systems cannot do both at once.
  struct stat info {};
  if (::lstat(to.c_str(), &info) == 0) errno = EEXIST;
  return errno == ENOENT && ::rename(from.c_str(), to.c_str()) == 0;
}

// The end of the name it has now; empty when it could not be given one.
std::string setAside(const std::filesystem::path& part, const std::filesystem::path& target) {
  for (unsigned number = 1; number <= most_broken; ++number) {
    std::string ending = ".broken-" + std::to_string(number) + ".flv";
    std::filesystem::path name = target;
    name.replace_extension() += ending;
    if (renameToNew(part, name)) return ending;
    if (errno != EEXIST) break;
  }
  return {};
}

}  // namespace

std::string RecordingFile::open() {
  std::error_code error;
  std::filesystem::create_directories(target_.parent_path(), error);
  if (error) return "cannot make the application's folder: " + error.message();
  part_ = target_;
  part_ += ".part";
  if (std::string text = keepLeftover(); !text.empty()) return text;
  file_ = FileDescriptor(::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file_) return failure("cannot create the file");
  unfinished_ = true;
  if (append_ && std::filesystem::exists(target_, error)) {
    auto old = FlvFile::open(target_);
    if (!old) return "the file to append to is not FLV";
    if (!old->read(flags_offset, std::span(&present_, 1)))
      return failure("cannot read the file to append to");
    const std::uint64_t first = old->firstTag();
    old_.emplace(Old{std::move(*old), first});
    return {};
  }
  const rtmp::Bytes header = rtmp::flvHeader(false, false);
  if (writeAll(header) != header.size()) return failure("cannot write");
  begin_ = size_ = header.size();
  return {};
}

std::string RecordingFile::copyOn() {
  if (!old_) return {};
  if (!old_->measured) {
    measure(*old_);
    return {};
  }
  rtmp::Bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(copy_step, old_->end - size_)));
  if (!old_->file.read(size_, block)) return failure("cannot read the file to append to");
  if (writeAll(block) != block.size()) return failure("cannot write");
  // On its way to the disk at once: finish() would stop everything else for it.
  ::sync_file_range(file_.get(), static_cast<off_t>(size_), static_cast<off_t>(block.size()),
                    SYNC_FILE_RANGE_WRITE);
  begin_ = size_ += block.size();
  if (size_ == old_->end) old_.reset();
  return {};
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

std::string RecordingFile::keepAside() {
  if (!std::exchange(unfinished_, false)) return {};
  flush();
  if (size_ > begin_) {
    // Overwriting and cutting need no room; should they fail, players get along without.
    (void)!::pwrite(file_.get(), &present_, 1, flags_offset);
    (void)!::ftruncate(file_.get(), static_cast<off_t>(size_));
    return setAside(part_, target_);
  }
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
  return {};
}

std::string RecordingFile::keepLeftover() {
  const auto left = FlvFile::open(part_);
  if (left && left->tag(left->firstTag())) {
    leftover_ = setAside(part_, target_);
    return leftover_.empty() ? failure("cannot keep what an earlier recording left") : std::string();
  }
  std::error_code ignored;
  std::filesystem::remove(part_, ignored);
  return {};
}

// The distance of the last two tags of one type is the best guess for the distance of the next.
void RecordingFile::measure(Old& old) {
  for (std::size_t count = 0; count < tags_per_step; ++count) {
    const auto tag = old.file.tag(old.end);
    old.measured = !tag;
    if (!tag) return;
    std::uint32_t& last = old.last_times[tag->type];
    const std::uint32_t step = std::clamp<std::uint32_t>(tag->timestamp - last, 1, 1000);
    last = tag->timestamp;
    offset_ms_ = std::max(offset_ms_, tag->timestamp + step);
    old.end = tag->next();
  }
}

std::string RecordingFile::flush() {
  const std::size_t written = writeAll(buffer_);
  std::string error = written == buffer_.size() ? std::string() : failure("cannot write");
  size_ += wholeTags(buffer_, written);
  buffer_.clear();
  return error;
}

// How much of it, and errno when that is not all.
std::size_t RecordingFile::writeAll(rtmp::BytesView bytes) {
  std::size_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count = ::write(file_.get(), bytes.data() + written, bytes.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    written += static_cast<std::size_t>(count);
  }
  return written;
}

}  // namespace multiconn::origin
