// What shared objects are built on: who is told about servers and their messages, and connections beside the
// main one.
#include "client/server_observer.hpp"

#include "client/client_core.hpp"
#include "client_test.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Observer final : public client::ServerObserver,
                       public client::DialerEvents,
                       client::PeerConnectionEvents {
 public:
  explicit Observer(std::weak_ptr<ClientCore>) {}

  void peerConnected(client::Peer& peer) override { said.push_back("connected " + number(peer)); }
  void peerLost(client::Peer& peer) override { said.push_back("lost " + number(peer)); }
  void sharedObjectReceived(client::Peer&, rtmp::SharedObjectMessage& message) override {
    said.push_back("received " + message.name);
  }
  void closing() override { said.push_back("closing"); }
  void ended() override {
    said.push_back("ended");
    probe.reset();
    probe_connection.reset();
  }

  void dialStatus(Status) override {}
  void dialed(std::unique_ptr<client::PeerConnection> connection, rtmp::client_event::Connected&) override {
    said.push_back("dialed");
    probe_connection = std::move(connection);
    client::PeerConnectionEvents& events = *this;
    probe_connection->tell(events);
    probe_connection->sendSharedObject(use());
  }
  void dialFailed(client::DialFailure failure) override { said.push_back(failure.error); }

  static rtmp::SharedObjectMessage use() {
    rtmp::SharedObjectMessage message;
    message.name = "chat";
    message.events.push_back({rtmp::SharedObjectEvent::Kind::use, "", {}, "", {}});
    return message;
  }

  std::vector<std::string> said;
  std::unique_ptr<client::Dialer> probe;
  std::unique_ptr<client::PeerConnection> probe_connection;

 private:
  static std::string number(const client::Peer& peer) {
    return std::to_string(static_cast<std::uint32_t>(peer.id()));
  }
  void happened(rtmp::ClientEvent& event) override {
    if (const auto* answer = std::get_if<rtmp::client_event::SharedObjectReceived>(&event))
      said.push_back("probe received " + answer->message.name);
  }
  void choked(const std::string&) override {}
  void closed(net::LinkFailure) override { said.push_back("probe closed"); }
};

class ServerObserverTest : public testing::Test {
 protected:
  ServerObserverTest() : runtime(world.makeEngine()) {}
  ~ServerObserverTest() override {
    if (core) core->abandon();
    world.loop.runFor(1s);
  }

  void connect(const std::vector<std::string>& hosts, ConnectOptions options = {}) {
    options.reconnect.enabled = false;
    core = ClientCore::make(runtime.engine(), std::move(options));
    observer = core->observer<Observer>();
    EXPECT_EQ(core->observer<Observer>(), observer) << "there is one";
    std::vector<Destination> destinations;
    for (const std::string& host : hosts) destinations.push_back(at(host));
    core->connect(destinations, {});
    world.loop.runFor(1s);
  }
  client::Peer& peer(std::uint32_t number) { return *core->servers().find(static_cast<ServerId>(number)); }

  SimulatedWorld world;
  Runtime runtime;
  std::shared_ptr<ClientCore> core;
  std::shared_ptr<Observer> observer;
};

Script withObjects() {
  return {.on_shared_object = [](SimulatedServer& server, ConnectionNumber connection,
                                 const rtmp::SharedObjectMessage& message) {
    rtmp::SharedObjectMessage answer;
    answer.name = message.name;
    answer.events.push_back({rtmp::SharedObjectEvent::Kind::use_success, "", {}, "", {}});
    server.sendSharedObject(answer, connection);
  }};
}

TEST_F(ServerObserverTest, IsToldOfServersAndTheirMessages) {
  world.server("a", withObjects());
  world.server("b");
  connect({"a", "b"});
  EXPECT_THAT(observer->said, ElementsAre("connected 0", "connected 1"));
  observer->said.clear();
  EXPECT_EQ(peer(0).sendSharedObject(Observer::use()), rtmp::Error::none);
  world.loop.runFor(1s);
  ASSERT_EQ(world.server("a").shared_objects.size(), 1U);
  EXPECT_EQ(world.server("a").shared_objects[0].name, "chat");
  world.server("b").reset();
  world.loop.runFor(1s);
  EXPECT_EQ(peer(1).sendSharedObject(Observer::use()), rtmp::Error::unexpected_command);
  core->shut({});
  world.loop.runFor(1s);
  EXPECT_THAT(observer->said, ElementsAre("received chat", "lost 1", "closing", "lost 0"));
  core->abandon();
  world.loop.runFor(1s);
  EXPECT_EQ(observer->said.back(), "ended");
  EXPECT_EQ(core->observer<Observer>(), nullptr);
}

TEST_F(ServerObserverTest, AMoveIsALossAndANewConnection) {
  world.server("a");
  world.server("b", withObjects());
  connect({"a"});
  world.server("a").requestReconnect("rtmp://b/live");
  world.loop.runFor(1s);
  EXPECT_THAT(observer->said, ElementsAre("connected 0", "lost 0", "connected 0"));
  peer(0).sendSharedObject(Observer::use());
  world.loop.runFor(1s);
  EXPECT_EQ(observer->said.back(), "received chat");
}

TEST_F(ServerObserverTest, AConnectionBesideTheMainOneGoesWhereThatHasComeTo) {
  SimulatedLogin login;
  login.user = "alice";
  login.password = "secret";
  Script script = withObjects();
  script.login = login;
  world.server("front", {.reject_connect = "NetConnection.Connect.Rejected",
                         .reject_ex = AmfObject{{"redirect", "rtmp://FRONT/inner"}}});
  world.server("FRONT", script);
  ConnectOptions options;
  options.credentials = [](ServerId, const std::string&) { return Credentials{"alice", "secret"}; };
  connect({"front"}, options);
  ASSERT_EQ(peer(0).state(), ServerState::connected);
  EXPECT_EQ(world.server("FRONT").connections, 3);
  observer->probe = peer(0).makeDialer(*observer);
  observer->probe->dial({}, 3s);
  world.loop.runFor(1s);
  EXPECT_THAT(observer->said, ElementsAre("connected 0", "dialed", "probe received chat"));
  EXPECT_EQ(world.server("front").connections, 1);
  EXPECT_EQ(world.server("FRONT").connections, 6) << "with a login of its own";
  EXPECT_TRUE(world.server("FRONT").published.empty());
  client::PeerConnection::retire(std::move(observer->probe_connection));
  world.loop.runFor(1s);
  EXPECT_EQ(world.server("FRONT").openConnections(), 1U) << "the main one stays";
}

TEST_F(ServerObserverTest, AProbeThatGetsNoAnswerEndsByItsOwnDeadline) {
  world.server("a");
  connect({"a"});
  world.server("a").script.connect_delay = 10s;
  observer->probe = peer(0).makeDialer(*observer);
  observer->probe->dial({}, 3s);
  world.loop.runFor(4s);
  EXPECT_EQ(observer->said.back(), "The server did not answer connect within 3 seconds.");
}

TEST_F(ServerObserverTest, ANameWithSyncBehindItMayBeCalledByUs) {
  connect({});
  std::vector<Call> calls;
  core->calls().on("chat_sync", [&](const Call& call) {
    calls.push_back(call);
    return AmfValue();
  });
  core->callHandler({static_cast<ServerId>(3), "chat_sync", {AmfValue("x")}});
  core->callHandler({static_cast<ServerId>(3), "other_sync", {}});
  EXPECT_THAT(calls, IsEmpty()) << "a task of its own";
  world.loop.runFor(1s);
  ASSERT_EQ(calls.size(), 1U);
  EXPECT_EQ(calls[0].server, static_cast<ServerId>(3));
}

}  // namespace
}  // namespace multiconn::test
