#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>

#include "balancer/client_port.hpp"
#include "balancer/directory_fixture.hpp"
#include "balancer/ready_set.hpp"
#include "balancer/rtmp_door.hpp"
#include "balancer/rtmp_peer.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::balancer::test {

/// The RTMP door behind a real port, and edges that report in real time but never grow old.
class RtmpDoorTest : public testing::Test {
 protected:
  static constexpr balance::milliseconds no_hold = std::chrono::hours(-24 * 365);
  explicit RtmpDoorTest(balance::milliseconds hold = no_hold) : directory(forever(hold)) {
    context.timeouts.edge = std::chrono::milliseconds(600);
    context.log = [this](LogLevel, const std::string& line) { log += line + '\n'; };
  }

  void open(RtmpMode mode, std::map<std::string, RtmpRedirect, std::less<>> applications = {}) {
    context.options = {mode, std::move(applications)};
    door = makeRtmpDoor(context);
    port = portOf(*door);
  }
  std::unique_ptr<ClientPort> portOf(Door& rtmp) {
    return std::make_unique<ClientPort>(loop.scheduler(), ready, *net::Address::numeric("127.0.0.1", 0),
                                        ClientPort::Doors{http, &rtmp});
  }
  /// Edge `number` reports this address, and how much of it is in use.
  void report(unsigned number, balance::RedirectAddress address, std::uint32_t connections = 17) {
    directory.now = loop.scheduler().now();
    directory.report(number, [&](balance::LoadReport& report) {
      report.addresses = {std::move(address)};
      report.connections = connections;
    });
  }
  void report(unsigned number, const ScriptedEdge& edge, std::uint32_t connections = 17) {
    report(number, {"rtmp", "127.0.0.1", edge.port(), ""}, connections);
  }
  RtmpPeer client(int receive_buffer = 0) {
    RtmpPeer peer = RtmpPeer::to(loop, port->address().port(), receive_buffer);
    EXPECT_TRUE(peer.handshake());
    return peer;
  }
  bool empty() {
    return loop.until([this] { return door->connections() == 0; }) && counts.relayed == 0;
  }
  std::uint64_t asked(LookUpForm form) const {
    std::uint64_t sum = 0;
    for (const auto count : directory.edges.counts().look_ups[static_cast<std::size_t>(form)]) sum += count;
    return sum;
  }

  /// The info object of the answer to connect.
  static AmfObject infoOf(const std::optional<rtmp::Command>& answer) {
    const bool whole =
        answer && answer->arguments.size() == 1 && answer->arguments.front().object() != nullptr;
    EXPECT_TRUE(whole);
    return whole ? *answer->arguments.front().object() : AmfObject{};
  }
  /// "code: description" of a refusal that has no way out.
  static std::string refusalOf(RtmpPeer& client) {
    const auto answer = client.nextCommand();
    const AmfObject info = infoOf(answer);
    EXPECT_EQ(answer ? answer->name : "", "_error");
    EXPECT_EQ(info.find("ex"), nullptr);
    const auto close = client.nextCommand();
    EXPECT_EQ(close ? close->name : "", "close");
    EXPECT_TRUE(client.waitEnded());
    return std::string(info.stringOr("code", "")) + ": " + std::string(info.stringOr("description", ""));
  }
  /// Where a redirect leads.
  static std::string redirectOf(RtmpPeer& client) {
    const AmfObject info = infoOf(client.nextCommand());
    const AmfValue* const ex = info.find("ex");
    return ex && ex->object() ? std::string(ex->object()->stringOr("redirect", "")) : "";
  }

  net::test::Loop loop;
  std::string log;
  TestDirectory directory;
  RtmpDoorCounts counts;
  RtmpDoorContext context{loop.scheduler(), directory.edges, {}, 16384, {}, counts};
  std::unique_ptr<Door> door;

  static balance::DispatcherOptions forever(balance::milliseconds hold) {
    balance::DispatcherOptions options;
    options.hold = hold;
    options.pool.message_timeout = std::chrono::hours(1);
    return options;
  }

 private:
  class NoDoor final : public Door {
   public:
    void take(net::Socket, const net::Address&) override {}
    std::size_t connections() const override { return 0; }
  };

  NoDoor http;
  ReadySet ready{loop.scheduler()};

 protected:
  std::unique_ptr<ClientPort> port;
};

}  // namespace multiconn::balancer::test
