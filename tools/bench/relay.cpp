#include "relay.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>

#include "bench_balancer.hpp"
#include "gates.hpp"
#include "relay_traffic.hpp"
#include "sockets.hpp"
#include "statistics.hpp"
#include "yardsticks.hpp"

namespace multiconn::bench {
namespace {

constexpr int relay_cpu = 0, traffic_cpu = 1;

struct Figures {
  double megabits_per_second = 0, cpu_per_gigabyte = 0, share = 0;
};

Figures figuresOf(const std::vector<TrafficResult>& runs) {
  const auto middle = [&](auto figure) {
    std::vector<double> values;
    for (const TrafficResult& run : runs) values.push_back(figure(run));
    return median(std::move(values));
  };
  const auto bytes = [](const TrafficResult& r) { return static_cast<double>(r.bytes); };
  return {middle([&](const TrafficResult& r) { return bytes(r) * 8 / 1e6 / r.seconds; }),
          middle([&](const TrafficResult& r) { return r.relay_cpu / (bytes(r) / 1e9); }),
          middle([](const TrafficResult& r) { return r.relay_cpu / r.seconds; })};
}

struct Row {
  std::string name;
  Figures ours;
  std::optional<Figures> haproxy;

  double ratio() const { return haproxy ? ours.cpu_per_gigabyte / haproxy->cpu_per_gigabyte : 0; }
  bool keeps(double gate) const { return gate <= 0 || ratio() <= gate; }
};

class Measurement {
 public:
  explicit Measurement(const RelayOptions& options)
      : rounds_(options.rounds),
        balancer_(folder_, {{"rtmp", "127.0.0.1", traffic_.serverPort(), ""}},
                  {"--rtmp-mode", "relay", "--message-timeout", "600000"}, relay_cpu) {
    haproxy_ = startHaproxy(folder_, traffic_.serverPort(), relay_cpu);
    pinToProcessor(traffic_cpu);
  }

  bool hasHaproxy() const { return haproxy_.has_value(); }

  Row measure(const std::string& name, const TrafficOptions& traffic) {
    std::vector<TrafficResult> ours, theirs;
    for (std::size_t round = 0; round < rounds_; ++round) {
      balancer_.report(0);
      ours.push_back(traffic_.run(balancer_.port(), balancer_.process(), traffic));
      if (haproxy_) theirs.push_back(traffic_.run(haproxy_->port, *haproxy_->process, traffic));
    }
    Row row{name, figuresOf(ours), {}};
    if (haproxy_) row.haproxy = figuresOf(theirs);
    return row;
  }

 private:
  std::size_t rounds_;
  RelayTraffic traffic_;
  scratch::TemporaryFolder folder_;
  BenchBalancer balancer_;
  std::optional<Yardstick> haproxy_;
};

void printFigures(const std::string& name, const char* relay, const Figures& figures) {
  std::printf("%-30s %-20s %10.0f %10.3f %6.0f %%", name.c_str(), relay, figures.megabits_per_second,
              figures.cpu_per_gigabyte, 100 * figures.share);
}

void print(const Row& row) {
  printFigures(row.name, "multiconn-balancer", row.ours);
  if (row.haproxy) {
    std::printf("  %.2f\n", row.ratio());
    printFigures("", "HAProxy, TCP mode", *row.haproxy);
  }
  std::printf("\n");
  std::fflush(stdout);
}

boost::json::object json(const Figures& figures) {
  return {{"megabits_per_second", figures.megabits_per_second},
          {"cpu_seconds_per_gigabyte", figures.cpu_per_gigabyte},
          {"processor_share", figures.share}};
}

void printJson(const Row& row, double gate) {
  boost::json::object object{{"traffic", row.name}, {"balancer", json(row.ours)}};
  object["gate"] = gateOrNull(gate);
  object["ok"] = row.keeps(gate);
  if (row.haproxy) {
    object["haproxy"] = json(*row.haproxy);
    object["ratio"] = row.ratio();
  }
  std::cout << object << std::endl;
}

}  // namespace

int runRelay(const RelayOptions& options) {
  raiseDescriptorLimit();
  Measurement measurement(options);
  if (!measurement.hasHaproxy())
    std::fprintf(stderr, "HAProxy is not installed: there is nothing to compare with, and no gate\n");
  if (!options.json)
    std::printf("%-30s %-20s %10s %10s %8s  %s\n", "traffic", "relay", "Mbit/s", "CPU s/GB", "CPU", "ratio");
  TrafficOptions one, fast, paced;
  one.connections = 1;
  one.bytes = fast.bytes = options.megabytes * 1'000'000;
  fast.connections = options.fast_connections;
  paced.connections = options.paced_connections;
  paced.bits_per_second = options.paced_kilobits * 1000;
  const std::string rate = std::to_string(options.paced_kilobits) + " kbit/s";
  bool kept = true;
  for (const auto& [name, traffic] :
       {std::pair(std::string("1, as fast as possible"), one),
        std::pair(std::to_string(fast.connections) + ", as fast as possible", fast),
        std::pair(std::to_string(paced.connections) + " of " + rate, paced)}) {
    const Row row = measurement.measure(name, traffic);
    options.json ? printJson(row, options.gate) : print(row);
    if (!row.keeps(options.gate)) kept = false;
  }
  return kept ? 0 : 3;
}

}  // namespace multiconn::bench
