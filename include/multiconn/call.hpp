#pragma once

#include <functional>
#include <string>
#include <vector>

#include <multiconn/amf_value.hpp>
#include <multiconn/status.hpp>

namespace multiconn {

/// What one server answered to callRemote().
struct Reply {
  ServerId server{};
  std::string url;  ///< masked
  bool ok = false;
  AmfValue value;  ///< the result, when ok
  Status status;   ///< why not: NetConnection.Call.Failed, .TimedOut, .Closed or what the server said
};

/// A call from a server.
struct Call {
  ServerId server{};
  std::string method;
  std::vector<AmfValue> arguments;
};
/// Its result is sent back when the server wants one; what it throws becomes NetConnection.Call.Failed there.
using CallHandler = std::function<AmfValue(const Call&)>;

}  // namespace multiconn
