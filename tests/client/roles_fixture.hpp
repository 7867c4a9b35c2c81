#pragma once

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "reconnect_fixture.hpp"

namespace multiconn::test {

inline constexpr const char* taken_over = "NetStream.Standby.Active";
inline constexpr const char* silent_again = "NetStream.Standby.Silent";

inline Destination spareAt(const std::string& host) {
  Destination destination = at(host);
  destination.standby = true;
  return destination;
}

/// A broadcast whose servers come and go, and come back.
class RolesTest : public ReconnectRequest {
 protected:
  RolesTest() { reconnects = true; }

  /// Publishes to the first, with the others as spares, and waits until all are there.
  void beginWithSpares(const std::vector<std::string>& primaries, const std::vector<std::string>& spares,
                       ConnectOptions options = {}) {
    make(std::move(options));
    std::vector<Destination> destinations;
    for (const std::string& host : primaries) world.server(host), destinations.push_back(at(host));
    for (const std::string& host : spares) world.server(host), destinations.push_back(spareAt(host));
    stream.publish("key");
    connect(std::move(destinations));
    ASSERT_TRUE(
        world.loop.runUntil([&] { return countOf("NetStream.Publish.Start") == primaries.size(); }, 2s));
    world.loop.runFor(1s);
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
  }
  /// Its process dies, with what is on its way there. It refuses connections from then on.
  void kill(const std::string& host) { world.server(host).kill(); }
  ServerStats row(std::uint32_t id) const {
    for (const ServerStats& stats : connection->stats())
      if (stats.id == static_cast<ServerId>(id)) return stats;
    ADD_FAILURE() << "no row of server " << id;
    return {};
  }
  std::vector<std::uint32_t> ids() const {
    std::vector<std::uint32_t> ids;
    for (const ServerStats& stats : connection->stats()) ids.push_back(static_cast<std::uint32_t>(stats.id));
    return ids;
  }
  /// The pictures that a server got, each once, in order.
  std::vector<std::uint32_t> got(const std::string& host) {
    std::vector<std::uint32_t> all;
    for (const Publication& publication : world.server(host).publications)
      for (const std::uint32_t number : numbers(publication.media)) all.push_back(number);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
  std::vector<std::uint32_t> gotTogether(const std::vector<std::string>& hosts) {
    std::vector<std::uint32_t> all;
    for (const std::string& host : hosts)
      for (const std::uint32_t number : got(host)) all.push_back(number);
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }
  std::vector<std::uint32_t> everything() const {
    std::vector<std::uint32_t> all(next);
    for (std::uint32_t i = 0; i < next; ++i) all[i] = i;
    return all;
  }
  /// What none of them has got.
  std::vector<std::uint32_t> missing(const std::vector<std::string>& hosts) {
    const std::vector<std::uint32_t> all = everything(), there = gotTogether(hosts);
    std::vector<std::uint32_t> missing;
    std::set_difference(all.begin(), all.end(), there.begin(), there.end(), std::back_inserter(missing));
    return missing;
  }
};

}  // namespace multiconn::test
