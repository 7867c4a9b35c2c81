#pragma once

#include <memory>
#include <vector>

#include "chaos/wire.hpp"
#include "net/link.hpp"
#include "net/message_pump.hpp"

namespace multiconn::chaos {

class Server;

/// What NativeLink is, with a Wire in place of a socket: the same pump, the same bytes.
class Link final : public net::Link, net::PumpEvents {
 public:
  /// `server` null: there is none of this name.
  Link(net::Scheduler& scheduler, test::SimulatedLoop& loop, Server* server)
      : scheduler_(scheduler), loop_(loop), server_(server) {}

  void open(std::vector<rtmp::OutMessage> opening, net::LinkEvents& events) override;
  bool trySend(const rtmp::OutMessage& message) override;
  void cork() override;
  void uncork() override;
  net::LinkStats stats() const override;
  void close(net::CloseMode mode) override;

 private:
  void lookedUp();
  void reached();
  void opened() override;
  void message(rtmp::Message message) override { events_->message(std::move(message)); }
  void writable() override;
  void closed(net::LinkFailure failure) override { fail(std::move(failure)); }
  void sendOpening();
  void fail(net::LinkFailure failure);

  net::Scheduler& scheduler_;
  test::SimulatedLoop& loop_;
  Server* server_;
  std::vector<rtmp::OutMessage> opening_;
  std::size_t opening_sent_ = 0;
  net::LinkEvents* events_ = nullptr;
  bool opened_ = false, refused_ = false;
  net::Timer dialing_;
  std::shared_ptr<Wire> wire_;
  std::unique_ptr<net::MessagePump> pump_;
};

}  // namespace multiconn::chaos
