#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "net/asio_scheduler.hpp"
#include "net/dialer.hpp"
#include "net/link.hpp"
#include "net/message_pump.hpp"

namespace multiconn::net {

/// rtmp://, rtmps:// and rtmpt:// over our own sockets and protocol core. Nothing in here times
/// out by itself: the owner has one deadline for the whole setup, and destroys the link.
class NativeLink final : public Link, private PumpEvents {
 public:
  NativeLink(AsioScheduler& scheduler, LinkTarget target);
  ~NativeLink() override;

  void open(std::vector<rtmp::OutMessage> opening, LinkEvents& events) override;
  bool trySend(const rtmp::OutMessage& message) override;
  void cork() override;
  void uncork() override;
  LinkStats stats() const override;
  std::uint64_t taken() const override { return pump_ ? pump_->taken() : 0; }
  void close(CloseMode mode) override;

 private:
  void dialed(DialResult result);
  void sendOpening();
  void fail(LinkFailure failure);

  // PumpEvents
  void opened() override;
  void message(rtmp::Message message) override;
  void writable() override;
  void closed(LinkFailure failure) override;

  AsioScheduler& scheduler_;
  LinkEvents* events_ = nullptr;  // null before open() and after closed()
  std::optional<MessagePump> pump_;
  bool opened_ = false;
  bool refused_ = false;

  LinkTarget target_;
  rtmp::Limits limits_;
  std::vector<rtmp::OutMessage> opening_;
  std::size_t opening_sent_ = 0;
  std::optional<Dialer> dialer_;
  Timer failing_;
};

}  // namespace multiconn::net
