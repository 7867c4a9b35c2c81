#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <multiconn/application.hpp>

namespace multiconn::origin {

class ApplicationInstance;
class ClientConnection;
class ServerDoor;

/// What a Client stands for: what is known of a connection, and the way to it. Outlives the connection as
/// long as there are handles; all but `connected` is set before anybody else sees it.
struct ClientRecord : std::enable_shared_from_this<ClientRecord> {
  /// For the server, whose handles others copy.
  Client handle() { return Client(shared_from_this()); }

  std::uint64_t id = 0;
  std::string host;  ///< see peerHost()
  std::string address, application, query, uri, agent, page_url, referrer, user;
  int object_encoding = 0;
  std::atomic<bool> connected = false;
  std::shared_ptr<ServerDoor> door;
  // To be used on the strand.
  std::weak_ptr<ClientConnection> connection;
  std::weak_ptr<ApplicationInstance> instance;
};

}  // namespace multiconn::origin
