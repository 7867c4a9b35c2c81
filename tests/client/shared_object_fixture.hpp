#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <multiconn/shared_object.hpp>

#include "client/shared_object_servers.hpp"
#include "client_test.hpp"
#include "rtmp/shared_object_text.hpp"

namespace multiconn::test {

using rtmp::test::text;
using Lines = std::vector<std::string>;
using Manner = SharedObjectServers::Manner;
using State = SharedObjectServer::State;

inline std::string shown(std::span<const Change> changes) {
  std::string line;
  for (const Change& change : changes) {
    line += (line.empty() ? "" : ", ") + std::string(name(change.code));
    if (!change.slot.empty()) line += " " + change.slot;
    if (change.server) line += "@" + std::to_string(static_cast<std::uint32_t>(*change.server));
  }
  return line;
}

class SharedObjectTest : public ClientTest {
 protected:
  SharedObjectServers& objectsAt(const std::string& host, Manner manner, net::Duration rtt = {}) {
    auto& objects = servers[host];
    objects = std::make_unique<SharedObjectServers>(manner);
    objects->loop = &world.loop;
    Script script;
    script.rtt = rtt;
    script.on_shared_object = [held = objects.get()](SimulatedServer& server, ConnectionNumber from,
                                                     const rtmp::SharedObjectMessage& message) {
      held->received(server, from, message);
    };
    world.server(host, script);
    return *objects;
  }
  SharedObject setUp(const std::string& name = "chat", bool persistent = false) {
    if (!connection) make();
    SharedObject object = connection->sharedObjectSetup(name, persistent);
    object.onSync([this](std::span<const Change> changes) { syncs.push_back(shown(changes)); });
    object.onStatus([this](const Status& status) { object_statuses.push_back(status); });
    return object;
  }
  void connectTo(const std::vector<std::string>& hosts) {
    if (!connection) make();
    std::vector<Destination> destinations;
    for (const std::string& host : hosts) destinations.push_back(at(host));
    connect(std::move(destinations));
  }
  /// With "chat" on all of them, and nothing more to tell.
  SharedObject joined(const std::vector<std::string>& hosts) {
    SharedObject object = setUp();
    connectTo(hosts);
    world.loop.runFor(2s);
    for (const SharedObjectServer& server : object.servers()) EXPECT_EQ(server.state, State::joined);
    syncs.clear();
    for (auto& [host, objects] : servers) objects->log.clear(), objects->arrivals.clear();
    return object;
  }
  static std::vector<State> states(const SharedObject& object) {
    std::vector<State> list;
    for (const SharedObjectServer& server : object.servers()) list.push_back(server.state);
    return list;
  }
  std::string shownSlot(const SharedObject& object, const std::string& slot) {
    return text(rtmp::SlotValue(object.get(slot)));
  }

  std::map<std::string, std::unique_ptr<SharedObjectServers>> servers;
  Lines syncs;
  std::vector<Status> object_statuses;
};

}  // namespace multiconn::test
