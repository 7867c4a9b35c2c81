#pragma once

#include <optional>
#include <vector>

#include "rtmp/message.hpp"
#include "rtmp/shared_object_message.hpp"

namespace multiconn::origin {

/// A shared object's events as messages: one, unless that would be more than clients take. A value that the
/// encoding cannot hold goes as unsupported or undefined.
std::vector<rtmp::OutMessage> encodeForClients(rtmp::SharedObjectMessage message);

/// The same events in both encodings, each made when it is first asked for; the payload is shared by all who
/// get it.
class SharedObjectEncodings {
 public:
  explicit SharedObjectEncodings(rtmp::SharedObjectMessage message) : message_(std::move(message)) {}
  const std::vector<rtmp::OutMessage>& of(bool amf3);

 private:
  rtmp::SharedObjectMessage message_;
  std::optional<std::vector<rtmp::OutMessage>> amf0_, amf3_;
};

}  // namespace multiconn::origin
