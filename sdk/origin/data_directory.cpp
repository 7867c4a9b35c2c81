#include "origin/data_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace multiconn::origin {

DataDirectory::DataDirectory(const std::filesystem::path& path) {
  if (path.empty()) return;
  std::error_code error;
  std::filesystem::create_directories(path, error);
  const bool usable =
      !error && std::filesystem::is_directory(path, error) && ::access(path.c_str(), W_OK | X_OK) == 0;
  if (usable) {
    lock_ = FileDescriptor(::open((path / ".lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644));
  }
  if (!lock_) throw std::runtime_error("cannot write to the data directory " + path.string());
  // The kernel lets go of it however the server ends.
  if (::flock(lock_.get(), LOCK_EX | LOCK_NB) == 0) return;
  // Some file systems have no locks: then it is the operator's matter.
  if (errno == EWOULDBLOCK) {
    throw std::runtime_error("another server uses the data directory " + path.string());
  }
}

}  // namespace multiconn::origin
