#pragma once

#include <atomic>
#include <memory>
#include <string>

#include <multiconn/amf_value.hpp>

namespace multiconn::origin {

struct ClientRecord;

/// The answer that a client waits for: given once, or failed when it is forgotten.
class PendingReply {
 public:
  PendingReply(std::shared_ptr<ClientRecord> client, double transaction)
      : client_(std::move(client)), transaction_(transaction) {}
  ~PendingReply();
  PendingReply(const PendingReply&) = delete;
  PendingReply& operator=(const PendingReply&) = delete;

  // Any thread.
  void result(AmfValue value);
  void fail(std::string description);

 private:
  std::shared_ptr<ClientRecord> client_;
  double transaction_;
  std::atomic<bool> given_ = false;
};

}  // namespace multiconn::origin
