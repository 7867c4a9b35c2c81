#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "net/asio_scheduler.hpp"
#include "net/connector.hpp"
#include "net/http_tunnel.hpp"
#include "net/link.hpp"
#include "net/name_lookup.hpp"
#include "net/tls_transport.hpp"

namespace multiconn::net {

struct DialResult {
  std::unique_ptr<Transport> transport;  ///< ready for the RTMP handshake; without one see failure
  LinkFailure failure;
};

/// Reaches a server in the way its scheme asks for: look-up and TCP, TLS for rtmps, an HTTP tunnel for rtmpt
/// and rtmpte. Tells once, from a task of its own; `done` may destroy it. Destroying it gives up. It has no
/// deadline for the whole: that is its owner's. A TCP connect that nobody answers ends after
/// LinkTarget::connect_patience.
class Dialer {
 public:
  Dialer(AsioScheduler& scheduler, LinkTarget target, std::function<void(DialResult)> done);
  ~Dialer();
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;

 private:
  void addressesFound(LookupResult result);
  void connected(ConnectResult result);
  void startTls(Socket socket);
  void tlsDone(std::optional<LinkFailure> failure);
  void startTunnel(std::unique_ptr<Transport> transport);
  void tunnelDone(std::optional<LinkFailure> failure);
  void fail(LinkFailure failure);
  void finish(DialResult result);

  AsioScheduler& scheduler_;
  LinkTarget target_;
  std::function<void(DialResult)> done_;

  // One step after the other; each ends with its object.
  std::shared_ptr<const TlsContext> tls_context_;
  std::optional<NameLookup> lookup_;
  std::optional<Connector> connector_;
  std::unique_ptr<TlsTransport> tls_;
  std::unique_ptr<HttpTunnel> tunnel_;
  Timer failing_;
};

}  // namespace multiconn::net
