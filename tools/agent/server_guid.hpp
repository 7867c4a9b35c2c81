#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "balance/types.hpp"
#include "net/socket.hpp"

namespace multiconn::agent {

/// The name of this server and which start of it this is. Holds a lock on the file for as long as it lives,
/// so that no second agent speaks under the same name.
class ServerGuid {
 public:
  /// Makes the file when there is none, and raises the counter in FILE.boot; both are written aside, synced
  /// and put into place in one step. Where the counter is lost, balancers would refuse every report under
  /// the old name: it makes a new one, and `warn` gets one sentence. Throws std::runtime_error with one
  /// sentence.
  ServerGuid(const std::filesystem::path& file, const std::function<void(const std::string&)>& warn);

  const balance::Guid& guid() const { return guid_; }
  const balance::Boot& boot() const { return boot_; }

 private:
  net::Socket lock_;  // any descriptor
  balance::Guid guid_;
  balance::Boot boot_;
};

}  // namespace multiconn::agent
