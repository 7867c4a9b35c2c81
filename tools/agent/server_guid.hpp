#pragma once

#include <filesystem>

#include "balance/types.hpp"
#include "net/socket.hpp"

namespace multiconn::agent {

/// The name of this server and which start of it this is. Holds a lock on the file for as long as it lives,
/// so that no second agent speaks under the same name.
class ServerGuid {
 public:
  /// Makes the file when there is none, and raises the counter in FILE.boot; both are written aside, synced
  /// and put into place in one step. Throws std::runtime_error with one sentence.
  explicit ServerGuid(const std::filesystem::path& file);

  const balance::Guid& guid() const { return guid_; }
  const balance::Boot& boot() const { return boot_; }

 private:
  net::Socket lock_;  // any descriptor
  balance::Guid guid_;
  balance::Boot boot_;
};

}  // namespace multiconn::agent
