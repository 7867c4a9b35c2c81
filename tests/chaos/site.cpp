#include "chaos/site.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::chaos {

namespace {

using namespace std::chrono_literals;

void decideWay(Server& server, bool touched, Random& random) {
  server.weather->rtt = random.spread(1, 120);
  server.weather->server_window = random.number(64, 256) * 1024;
  if (touched && random.chance(25)) {
    server.narrow = true;
    server.weather->client_kernel = random.number(1000, 20'000);
    server.weather->server_window = random.number(1000, 20'000);
  }
  if (random.chance(10)) server.weather->bytes_per_write = random.number(1, 3000);
  if (random.chance(10)) server.weather->bytes_per_read = random.number(1, 100);
  server.dead_after = random.spread(100, 8000);
}

/// A balancer that knows only this server, and is sometimes away when it is asked.
void balance(const Site& site, World& world, Destination& destination, std::size_t& look_ups) {
  world.web.serve("lb-" + site.host, [&look_ups, host = site.host](const net::HttpUrl&, int nth) {
    if (nth % 3 == 2) return test::refusedConnection(10ms);
    ++look_ups;
    return test::jsonServers({host}, 10ms);
  });
  destination.url = "http://lb-" + site.host + "/loadbalancer";
  destination.servers.app = "live?auth=canaryQUERY";
}

}  // namespace

std::string Site::text() const {
  const Weather& way = *server->weather;
  const auto limit = [](const char* what, std::size_t bytes) {
    return bytes == SIZE_MAX ? std::string() : ", " + std::string(what) + " of " + std::to_string(bytes);
  };
  return host + " is " + std::to_string(way.rtt / 1us) + " us away" + (touched ? "" : ", untouched") +
         (server->narrow ? ", narrow" : "") + limit("writes", way.bytes_per_write) +
         limit("reads", way.bytes_per_read) + limit("a kernel", way.client_kernel) +
         limit("a window", way.server_window);
}

std::unique_ptr<Site> makeSite(std::size_t number, bool touched, const Plan& plan, Random& random,
                               World& world, const Ledger& ledger,
                               std::function<void(const std::string&)> complain) {
  auto site = std::make_unique<Site>();
  site->host = "s" + std::to_string(number);
  site->touched = touched;
  site->server = std::make_shared<Server>(
      world.loop, ledger, [complain = std::move(complain), host = site->host](const std::string& what) {
        complain(host + ": " + what);
      });
  decideWay(*site->server, touched, random);
  if (touched) site->faults = randomFaults(random, plan.span);
  site->may_fail = std::any_of(site->faults.begin(), site->faults.end(),
                               [](const Fault& fault) { return lasting(fault.kind); });
  if (touched && !plan.options.reconnect.enabled) site->may_fail = true;
  if (touched && plan.options.reconnect.max_attempts) site->may_fail = true;
  world.servers[site->host] = site->server;
  world.servers[site->otherName()] = site->server;
  return site;
}

Destination destinationOf(Site& site, Random& random, World& world, bool published, std::size_t& look_ups) {
  Destination destination;
  destination.url = "rtmp://" + site.host + "/live?auth=canaryQUERY";
  if (site.touched && random.chance(20)) balance(site, world, destination, look_ups);
  if (published) site.server->echo = "canaryNAME?token=canaryTOKEN";
  if (random.chance(50)) {
    destination.stream = "canaryKEY?token=canaryTOKEN";
    site.server->echo = *destination.stream;
  }
  if (random.chance(30)) {
    destination.credentials = Credentials{"operator", "canaryPASS"};
    site.server->echo += " of operator:canaryPASS";
  }
  if (site.touched && random.chance(10)) destination.standby = site.spare = true;
  if (site.touched && random.chance(15)) {
    destination.resume = Resume::live;
    site.resumes = false;
  }
  return destination;
}

}  // namespace multiconn::chaos
