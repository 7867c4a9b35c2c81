#include "client/peer_identity.hpp"

#include "client/sentence.hpp"

namespace multiconn::client {

Status PeerIdentity::status(const char* code, const char* level, std::string description) const {
  return {code, level, std::move(description), id, url, {}};
}

Status PeerIdentity::serverStatus(const rtmp::StatusInfo& info, const char* fallback_code) const {
  Status status =
      this->status(fallback_code, info.isError() ? "error" : "status", mask.text(info.description));
  if (!info.code.empty()) status.code = mask.text(info.code);
  if (!info.level.empty()) status.level = mask.text(info.level);
  status.info = mask.value(info.info);
  return status;
}

std::string saying(const Status& status) {
  return status.code + (status.description.empty() ? "." : ": " + sentence(status.description));
}

}  // namespace multiconn::client
