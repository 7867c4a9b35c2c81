#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/asio_scheduler.hpp"
#include "net/connector.hpp"
#include "net/link.hpp"
#include "net/message_pump.hpp"
#include "net/name_lookup.hpp"
#include "net/tls_transport.hpp"

namespace multiconn::net {

/// rtmp:// and rtmps:// over our own sockets and protocol core: look-up, TCP, TLS, RTMP handshake, messages.
/// Nothing in here times out by itself: the owner has one deadline for the whole setup, and destroys the
/// link.
class NativeLink final : public Link, private PumpEvents {
 public:
  NativeLink(AsioScheduler& scheduler, LinkTarget target);
  ~NativeLink() override;

  void open(std::vector<rtmp::OutMessage> opening, LinkEvents& events) override;
  bool trySend(const rtmp::OutMessage& message) override;
  LinkStats stats() const override;
  void close(CloseMode mode) override;

 private:
  void addressesFound(LookupResult result);
  void connected(ConnectResult result);
  void startTls(Socket socket);
  void tlsDone(std::optional<LinkFailure> failure);
  void startPump(std::unique_ptr<Transport> transport);
  void sendOpening();
  void failLater(LinkFailure failure);
  void fail(LinkFailure failure);

  // PumpEvents
  void opened() override;
  void message(rtmp::Message message) override;
  void writable() override;
  void closed(LinkFailure failure) override;

  AsioScheduler& scheduler_;
  LinkTarget target_;
  rtmp::Limits limits_;
  LinkEvents* events_ = nullptr;  // null before open() and after closed()
  std::vector<rtmp::OutMessage> opening_;
  std::size_t opening_sent_ = 0;
  bool opened_ = false;
  bool refused_ = false;

  // One step after the other; each ends with its object.
  std::shared_ptr<const TlsContext> tls_context_;
  std::optional<NameLookup> lookup_;
  std::optional<Connector> connector_;
  std::unique_ptr<TlsTransport> tls_;
  std::unique_ptr<MessagePump> pump_;
  Timer failing_;
};

}  // namespace multiconn::net
