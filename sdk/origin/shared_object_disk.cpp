#include "origin/shared_object_disk.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "net/scheduler.hpp"
#include "origin/disk_thread.hpp"
#include "origin/file_descriptor.hpp"

namespace multiconn::origin {
namespace {

namespace fs = std::filesystem;

constexpr off_t largest_file = 256 * 1024 * 1024;
constexpr unsigned most_broken = 10'000;

std::string failure(const char* what, int number = errno);
std::string makeFolder(const fs::path& folder);
std::string writeWhole(const fs::path& part, rtmp::BytesView bytes);
std::string syncFolder(const fs::path& folder);
void removeEmptyFolders(fs::path folder, const fs::path& root);
std::optional<rtmp::Bytes> readWhole(const FileDescriptor& file, off_t size);
bool setAside(const fs::path& file);

}  // namespace

std::string replaceFile(const fs::path& file, rtmp::BytesView bytes) {
  if (std::string error = makeFolder(file.parent_path()); !error.empty()) return error;
  fs::path part = file;
  part += ".part";
  std::string error = writeWhole(part, bytes);
  if (error.empty() && ::rename(part.c_str(), file.c_str()) != 0) error = failure("cannot name the file");
  if (error.empty()) return syncFolder(file.parent_path());
  ::unlink(part.c_str());
  return error;
}

std::string removeFile(const fs::path& file) {
  if (::unlink(file.c_str()) == 0) return syncFolder(file.parent_path());
  return errno == ENOENT ? std::string() : failure("cannot remove its file");
}

SharedObjectDisk::SharedObjectDisk(DiskThread& disk, net::Scheduler& scheduler, fs::path data_dir,
                                   Writer writer)
    : disk_(disk), scheduler_(scheduler), data_dir_(std::move(data_dir)), writer_(std::move(writer)) {}

SharedObjectDisk::Loaded SharedObjectDisk::load(const std::string& scope, const std::string& name) {
  if (!enabled()) return {};
  const fs::path file = fileOf(scope, name);
  if (const auto pending = pending_.find(file.string()); pending != pending_.end()) {
    return {decodeFile(*pending->second.content), {}, {}, true};
  }
  return read(file, name);
}

std::size_t SharedObjectDisk::count(const std::string& scope) const {
  if (!enabled()) return 0;
  const fs::path folder = objectFolder(data_dir_, scope);
  std::error_code error;
  std::size_t files = 0;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
    const fs::path& path = entry->path();
    files += path.extension() == ".so" && !pending_.contains(path.string());
  }
  const std::string prefix = folder.string() + "/";
  for (auto entry = pending_.lower_bound(prefix); entry != pending_.end() && entry->first.starts_with(prefix);
       ++entry) {
    files += !entry->second.content->empty();
  }
  return files;
}

void SharedObjectDisk::save(const std::string& scope, const std::string& name, rtmp::Bytes content,
                            std::function<void(const std::string& error)> done) {
  const fs::path file = fileOf(scope, name);
  const std::uint64_t number = ++saves_;
  rtmp::Payload payload = rtmp::makePayload(std::move(content));
  pending_[file.string()] = {number, payload};
  disk_.post(file.string(), [this, file, number, payload = std::move(payload), done = std::move(done)] {
    scheduler_.post([this, key = file.string(), number, done, error = write(file, *payload)] {
      saved(key, number);
      done(error);
    });
    return true;
  });
}

// On the disk's thread.
std::string SharedObjectDisk::write(const fs::path& file, rtmp::BytesView content) const {
  if (!content.empty()) return writer_(file, content);
  std::string error = removeFile(file);
  if (error.empty()) removeEmptyFolders(file.parent_path(), data_dir_);
  return error;
}

fs::path SharedObjectDisk::fileOf(const std::string& scope, const std::string& name) const {
  return objectFolder(data_dir_, scope) / objectFileName(name);
}

SharedObjectDisk::Loaded SharedObjectDisk::read(const fs::path& file, const std::string& name) const {
  const FileDescriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!open && errno == ENOENT) return {};
  struct stat info {};
  if (!open || ::fstat(open.get(), &info) != 0) return {{}, failure("cannot open its file"), {}};
  std::optional<SharedObjectContent> content;
  if (S_ISREG(info.st_mode) && info.st_size <= largest_file) {
    const auto bytes = readWhole(open, info.st_size);
    if (!bytes) return {{}, failure("cannot read its file"), {}};
    content = decodeFile(*bytes);
  }
  if (content && content->name == name) return {std::move(content), {}, {}};
  if (!setAside(file)) return {{}, failure("its file is broken, and cannot be set aside"), {}};
  return {{}, {}, "its file was broken and has been kept with .broken in its name"};
}

void SharedObjectDisk::saved(const std::string& file, std::uint64_t number) {
  const auto pending = pending_.find(file);
  if (pending != pending_.end() && pending->second.number == number) pending_.erase(pending);
}

namespace {

std::string failure(const char* what, int number) {
  return std::string(what) + ": " + std::generic_category().message(number);
}

// Also a folder is on the disk for certain only once the one that holds it is.
std::string makeFolder(const fs::path& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0) return syncFolder(folder.parent_path());
  if (errno == EEXIST) return {};
  if (errno != ENOENT || folder == folder.parent_path()) return failure("cannot make its folder");
  if (std::string error = makeFolder(folder.parent_path()); !error.empty()) return error;
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return failure("cannot make its folder");
  return syncFolder(folder.parent_path());
}

std::string writeWhole(const fs::path& part, rtmp::BytesView bytes) {
  const FileDescriptor file(
      ::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644));
  if (!file) return failure("cannot create its file");
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return failure("cannot write its file", count < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  // The content has to be on the disk before the name leads to it.
  return ::fsync(file.get()) == 0 ? std::string() : failure("cannot write its file");
}

std::string syncFolder(const fs::path& folder) {
  const FileDescriptor file(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file) return failure("cannot open its folder");
  // Some file systems have nothing to synchronise here.
  return ::fsync(file.get()) == 0 || errno == EINVAL ? std::string() : failure("cannot write its folder");
}

// All writers make their folders in the same step as their files, on the same thread.
void removeEmptyFolders(fs::path folder, const fs::path& root) {
  while (folder != root && folder.has_relative_path() && ::rmdir(folder.c_str()) == 0) {
    folder = folder.parent_path();
  }
}

std::optional<rtmp::Bytes> readWhole(const FileDescriptor& file, off_t size) {
  rtmp::Bytes bytes(static_cast<std::size_t>(size));
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count =
        ::pread(file.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return {};
    if (count == 0) {
      bytes.resize(done);
      break;
    }
    done += static_cast<std::size_t>(count);
  }
  return bytes;
}

bool setAside(const fs::path& file) {
  for (unsigned number = 1; number <= most_broken; ++number) {
    fs::path aside = file;
    aside += ".broken-" + std::to_string(number);
    struct stat info {};
    if (::lstat(aside.c_str(), &info) == 0) continue;
    return ::rename(file.c_str(), aside.c_str()) == 0;
  }
  errno = EEXIST;
  return false;
}

}  // namespace
}  // namespace multiconn::origin
