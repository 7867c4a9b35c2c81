#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "balancer/edge_connection.hpp"
#include "balancer/edge_directory.hpp"
#include "balancer/relay.hpp"
#include "balancer/rtmp_workshop.hpp"
#include "balancer/taped_transport.hpp"
#include "net/message_pump.hpp"
#include "rtmp/server_session.hpp"

namespace multiconn::balancer {

/// One RTMP client: asks for an application, and is told where to go, or carried there.
class RtmpClient final : net::PumpEvents {
 public:
  struct Owner {
    /// Whether there is room to carry one client more; from now on it is one of those who are.
    std::function<bool()> carry;
    /// Called once, inside the client: to be destroyed from a later task.
    std::function<void()> gone;
  };
  RtmpClient(RtmpWorkshop& workshop, net::Socket socket, const net::Address& peer, Owner owner);
  ~RtmpClient() override;

 private:
  void opened() override {}
  void message(rtmp::Message message) override;
  void writable() override {}
  void closed(net::LinkFailure failure) override;

  void on(const rtmp::server_event::ConnectRequested& request);
  void on(const rtmp::server_event::Called& call);
  void on(const rtmp::server_event::PublishRequested& request);
  void on(const rtmp::server_event::PlayRequested& request);
  template <typename Event>
  void on(const Event&) {}  // of streams, which are refused

  void perform(rtmp::ServerReaction reaction);
  balance::Answer ask(LookUpForm form, std::size_t count = 1);
  void redirect(const balance::RedirectAddress& edge);
  void redirectStream(const std::string& name, const std::string& query);
  void turnAway(const std::string& why);
  void refuse(std::string_view code, std::string_view description);
  void refuseCircle();
  void accept();
  void beginRelay(const balance::Chosen& edge);
  void relay(const balance::Chosen& edge);
  std::uint16_t portOf(const balance::RedirectAddress& edge) const;
  void edgeReached(EdgeReached edge);
  void tryAnotherEdge(const std::string& why);
  std::optional<balance::Chosen> untriedEdge();
  void startRelay(EdgeReached edge);
  void end(net::CloseMode mode);

  RtmpWorkshop& workshop_;
  const RtmpDoorContext& context_;
  const net::Address peer_;
  const std::string host_;
  const int descriptor_;  // the tape's
  Owner owner_;
  rtmp::ServerSession session_;
  std::shared_ptr<Tape> tape_;
  std::unique_ptr<net::MessagePump> pump_;
  net::Timer deadline_;
  bool ending_ = false;

  // of the accepted connect
  std::string app_, query_;
  RtmpRedirect redirect_;

  // of a relay
  std::unique_ptr<EdgeConnection> dialing_;
  balance::RedirectAddress edge_;
  net::TimePoint edge_deadline_{};
  std::vector<balance::Guid> edges_tried_;
  std::string own_path_;  // to the edge
  std::unique_ptr<Relay> relay_;
};

}  // namespace multiconn::balancer
