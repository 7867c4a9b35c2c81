#pragma once

#include <filesystem>

#include "origin/file_descriptor.hpp"

namespace multiconn::origin {

/// A server's data directory, which no other server uses while this lives.
class DataDirectory {
 public:
  /// Makes it. Throws std::runtime_error with one sentence when it cannot be written to, or is in use. An
  /// empty path: there is none.
  explicit DataDirectory(const std::filesystem::path& path);

 private:
  FileDescriptor lock_;
};

}  // namespace multiconn::origin
