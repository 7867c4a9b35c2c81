#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "balancer/edge_names.hpp"
#include "net/connector.hpp"
#include "net/transport.hpp"
#include "rtmp/bytes.hpp"
#include "rtmp/handshake.hpp"

namespace multiconn::balancer {

/// An edge that has been reached and has shaken hands.
struct EdgeReached {
  std::unique_ptr<net::Transport> transport;  ///< null: see failure
  net::Address own_end, far_end;              ///< of the connection
  rtmp::Bytes unsent;                         ///< of the handshake, to go first
  rtmp::Bytes received;                       ///< behind the handshake
  std::string failure;                        ///< one sentence
};

/// Connects to an edge and shakes hands, as a client. Tells once, from a task of its own; `done` may destroy
/// it. Destroying it gives up. It has no deadline: the owner has one.
class EdgeConnection {
 public:
  EdgeConnection(net::AsioScheduler& scheduler, EdgeNames& names, const std::string& host, std::uint16_t port,
                 std::function<void(EdgeReached)> done);
  ~EdgeConnection();
  EdgeConnection(const EdgeConnection&) = delete;
  EdgeConnection& operator=(const EdgeConnection&) = delete;

 private:
  void found(const std::string& host, const net::LookupResult& result);
  void connected(net::ConnectResult result);
  void write();
  void read();
  void finish(std::string failure);

  net::AsioScheduler& scheduler_;
  std::function<void(EdgeReached)> done_;
  rtmp::Handshake handshake_;
  rtmp::Bytes outgoing_, received_;
  EdgeNames::Asked asked_;
  std::optional<net::Connector> connector_;
  std::unique_ptr<net::Transport> transport_;
  net::Address own_end_, far_end_;
  bool writing_ = false;
};

}  // namespace multiconn::balancer
