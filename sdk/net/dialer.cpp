#include "net/dialer.hpp"

#include <utility>

#include "net/failure.hpp"
#include "net/socket_figures.hpp"
#include "net/tcp_transport.hpp"

namespace multiconn::net {
namespace {

bool isTunneled(const std::string& scheme) {
  return scheme == "rtmpt" || scheme == "rtmpte";
}

}  // namespace

Dialer::Dialer(AsioScheduler& scheduler, LinkTarget target, std::function<void(DialResult)> done)
    : scheduler_(scheduler), target_(std::move(target)), done_(std::move(done)) {
  if (target_.url.secure()) {
    TlsContextResult tls = TlsContext::client(target_.tls);
    if (!tls.context) {
      failing_ =
          scheduler_.after(Duration::zero(), [this, failure = std::move(tls.failure)] { fail(failure); });
      return;
    }
    tls_context_ = std::move(tls.context);
  }
  lookup_.emplace(scheduler_, target_.url.host, target_.url.port,
                  [this](LookupResult result) { addressesFound(std::move(result)); });
}

Dialer::~Dialer() = default;

void Dialer::addressesFound(LookupResult result) {
  lookup_.reset();
  if (result.addresses.empty()) return fail(std::move(result.failure));
  connector_.emplace(
      scheduler_, target_.url.host, std::move(result.addresses),
      [this](ConnectResult connection) { connected(std::move(connection)); }, target_.connect_patience);
}

void Dialer::connected(ConnectResult result) {
  connector_.reset();
  if (!result.socket) return fail(std::move(result.failure));
  if (target_.dead_after > Duration::zero()) keepAlive(result.socket.descriptor(), target_.dead_after);
  if (tls_context_) return startTls(std::move(result.socket));
  startTunnel(std::make_unique<TcpTransport>(scheduler_, std::move(result.socket)));
}

void Dialer::startTls(Socket socket) {
  tls_ = std::make_unique<TlsTransport>(scheduler_, std::move(socket), tls_context_, target_.url.host);
  tls_->handshake([this](std::optional<LinkFailure> failure) { tlsDone(std::move(failure)); });
}

void Dialer::tlsDone(std::optional<LinkFailure> failure) {
  if (!failure) return startTunnel(std::move(tls_));
  tls_.reset();
  fail(*std::move(failure));
}

void Dialer::startTunnel(std::unique_ptr<Transport> transport) {
  if (!isTunneled(target_.url.scheme)) return finish({std::move(transport), {}});
  tunnel_ =
      std::make_unique<HttpTunnel>(scheduler_, std::move(transport), target_.url.host, target_.url.port);
  tunnel_->open([this](std::optional<LinkFailure> failure) { tunnelDone(std::move(failure)); });
}

void Dialer::tunnelDone(std::optional<LinkFailure> failure) {
  if (!failure) return finish({std::move(tunnel_), {}});
  tunnel_.reset();
  fail(*std::move(failure));
}

void Dialer::fail(LinkFailure failure) {
  finish({nullptr, std::move(failure)});
}

void Dialer::finish(DialResult result) {
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(result));
}

}  // namespace multiconn::net
