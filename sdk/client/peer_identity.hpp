#pragma once

#include <string>

#include <multiconn/status.hpp>

#include "client/secret_mask.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::client {

/// How one server is named in everything that is said about it, and what has to be kept out of that.
struct PeerIdentity {
  ServerId id{};
  std::string url;  ///< masked; the destination's, also after a redirect
  SecretMask mask;

  Status status(const char* code, const char* level, std::string description) const;
  /// What the server said; `fallback_code` when it said no code.
  Status serverStatus(const rtmp::StatusInfo& info, const char* fallback_code) const;
};

/// "NetStream.Publish.BadName: The name is taken."
std::string saying(const Status& status);

}  // namespace multiconn::client
