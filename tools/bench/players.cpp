#include "players.hpp"

#include <cmath>
#include <stdexcept>

#include "audience.hpp"
#include "bench_origin.hpp"
#include "bench_publisher.hpp"
#include "figures.hpp"
#include "haproxy.hpp"
#include "machine.hpp"
#include "sockets.hpp"
#include "statistics.hpp"

namespace multiconn::bench {
namespace {

constexpr int servers_cpu = 0;
constexpr std::size_t reserve = 500;  // connections of players that move, beside those they have lost

double mebibytes(std::uint64_t bytes) {
  return static_cast<double>(bytes) / (1 << 20);
}

/// What the servers take, in all: seconds of processor, and bytes.
struct Taken {
  double origins_cpu = 0, haproxy_cpu = 0;
  std::uint64_t origins_rss = 0, haproxy_rss = 0;
};

class Cluster {
 public:
  explicit Cluster(const PlayersOptions& options)
      : haproxy_(startLeastConnections(folder_, {first_.port(), second_.port()}, options.count + reserve,
                                       servers_cpu)),
        // Both servers have the stream under one name, as a player's address has to.
        publisher_({loopbackDestination(first_.port(), 0), loopbackDestination(second_.port(), 0)},
                   BenchPublisher::quickToRetry()) {
    for (const ServerId each : {ServerId{0}, ServerId{1}})
      publisher_.waitFor(each, {"NetStream.Publish.Start"}, 0);
    publisher_.broadcast({.video_bits_per_second = 0, .audio_bits_per_second = options.kilobits * 1000});
  }

  std::uint16_t port() const { return haproxy_.port; }
  Taken taken() const {
    const Process& proxy = *haproxy_.process;
    return {first_.process().cpuSeconds() + second_.process().cpuSeconds(), proxy.cpuSeconds(),
            residentBytes(first_.process().pid()) + residentBytes(second_.process().pid()),
            residentBytes(proxy.pid())};
  }
  void killFirst() { first_.kill(); }

 private:
  scratch::TemporaryFolder folder_;
  BenchOrigin first_{servers_cpu}, second_{servers_cpu};
  Yardstick haproxy_;
  BenchPublisher publisher_;
};

void addCost(Figures& figures, const PlayersOptions& options, const Taken& empty, const Taken& before,
             const Taken& after) {
  const std::string name = "servers, " + std::to_string(options.count) + " players";
  const auto each = static_cast<double>(options.count);
  const double seconds = static_cast<double>(options.length.count());
  const double origins = after.origins_cpu - before.origins_cpu,
               proxy = after.haproxy_cpu - before.haproxy_cpu;
  figures.add({name, "multiconn-origin, processor", 100 * origins / seconds, "%"});
  figures.add({name, "multiconn-origin, processor per player", 1e6 * origins / seconds / each, "us/s"});
  figures.add({name, "multiconn-origin, memory per player",
               (mebibytes(after.origins_rss) - mebibytes(empty.origins_rss)) * 1024 / each, "KiB"});
  figures.add({name, "HAProxy, processor per player", 1e6 * proxy / seconds / each, "us/s"});
  figures.add({name, "HAProxy, memory per player",
               (mebibytes(after.haproxy_rss) - mebibytes(empty.haproxy_rss)) * 1024 / each, "KiB"});
}

}  // namespace

int runPlayers(const PlayersOptions& options) {
  raiseDescriptorLimit();
  if (findProgram("haproxy").empty())
    throw std::runtime_error("HAProxy is not installed: apt-get install haproxy");
  Figures figures(options.json);
  const Busyness machine;
  Cluster cluster(options);
  const Taken empty = cluster.taken();
  Audience audience(cluster.port(), loopbackDestination(0, 0).stream.value(), options.count);
  if (!audience.waitForAll(1, std::chrono::seconds(30)))
    throw std::runtime_error("not every player got a frame within 30 s");
  const Taken before = cluster.taken();
  audience.serve(options.length);
  addCost(figures, options, empty, before, cluster.taken());

  const std::int64_t killed_us = nowMicroseconds();
  cluster.killFirst();
  const bool all = audience.waitForAll(killed_us, std::chrono::seconds(30));
  audience.serve(std::chrono::seconds(3));
  const std::string name = "one server killed";
  const auto& silences = audience.silences();
  figures.add({name, "players it had", static_cast<double>(audience.moved()), ""});
  figures.add({name, "silence of those, p50", median(silences), "ms"});
  figures.add({name, "silence of those, p99", quantile(silences, 0.99), "ms"});
  figures.add(
      {name, "silence of those, worst", all ? quantile(silences, 1) : NAN, "ms", Gate{options.gap_gate_ms}});
  figures.add({"all players", "frames", static_cast<double>(audience.frames()), ""});
  figures.add(
      {"all players", "frames lost", static_cast<double>(audience.lost()), "", Gate{options.lost_gate}});
  figures.note(machine.tell());
  return figures.exitCode();
}

}  // namespace multiconn::bench
