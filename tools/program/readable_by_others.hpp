#pragma once

#include <sys/stat.h>

#include <filesystem>

namespace multiconn::tools {

/// A file that everybody on this machine may read, not owner and group alone.
inline bool isReadableByOthers(const std::filesystem::path& file) {
  struct stat status {};
  return ::stat(file.c_str(), &status) == 0 && S_ISREG(status.st_mode) && (status.st_mode & S_IROTH) != 0;
}

}  // namespace multiconn::tools
