#include "lookup.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <stdexcept>

#include "bench_balancer.hpp"
#include "gates.hpp"
#include "load.hpp"
#include "sockets.hpp"
#include "statistics.hpp"
#include "yardsticks.hpp"

namespace multiconn::bench {
namespace {

constexpr int server_cpu = 0, load_cpu = 1;

std::vector<balance::RedirectAddress> edgeAddresses(std::size_t count) {
  std::vector<balance::RedirectAddress> edges;
  // All as long as each other, as the answers then are.
  for (std::size_t i = 0; i < count; ++i)
    edges.push_back(
        {"rtmp", "10." + std::to_string(100 + i / 100) + ".1." + std::to_string(100 + i % 100), 0, ""});
  return edges;
}

/// What one server did in one kind of load; the median of the rounds.
struct Figures {
  double per_second = 0, per_core_second = 0, server_share = 0, generator_share = 0, p50_us = 0, p99_us = 0;
  std::uint64_t failures = 0;
};

Figures figuresOf(const std::vector<LoadResult>& rounds) {
  const auto middle = [&](auto figure) {
    std::vector<double> values;
    for (const LoadResult& round : rounds) values.push_back(figure(round));
    return median(std::move(values));
  };
  const auto answers = [](const LoadResult& r) { return static_cast<double>(r.answers); };
  Figures figures;
  figures.per_second = middle([&](const LoadResult& r) { return answers(r) / r.seconds; });
  figures.per_core_second = middle([&](const LoadResult& r) { return answers(r) / r.server_cpu; });
  figures.server_share = middle([](const LoadResult& r) { return r.server_cpu / r.seconds; });
  figures.generator_share = middle([](const LoadResult& r) { return r.generator_cpu / r.seconds; });
  figures.p50_us = middle([](const LoadResult& r) { return r.p50_us; });
  figures.p99_us = middle([](const LoadResult& r) { return r.p99_us; });
  for (const LoadResult& round : rounds) figures.failures += round.failures;
  return figures;
}

struct Row {
  const char* name;
  Figures ours;
  std::optional<Figures> nginx;

  double ratio() const { return nginx ? ours.per_core_second / nginx->per_core_second : 0; }
  bool keeps(double gate) const { return !nginx || ratio() >= gate; }
};

class Measurement {
 public:
  explicit Measurement(const LookupOptions& options)
      : options_(options),
        balancer_(folder_, edgeAddresses(options.edges), {"--rtmp-mode", "auto"}, server_cpu) {
    nginx_ = startNginx(folder_, "redirect=10.100.1.100", server_cpu);
    pinToProcessor(load_cpu);
  }

  bool hasNginx() const { return nginx_.has_value(); }

  Row measure(const char* name, LoadKind kind) {
    std::vector<LoadResult> ours, theirs;
    for (std::size_t round = 0; round < options_.rounds; ++round) {
      ours.push_back(once(kind, "/loadbalancer", balancer_.port(), balancer_.process(), "redirect"));
      if (nginx_ && kind != LoadKind::rtmp_redirects)
        theirs.push_back(once(kind, "/loadbalancer", nginx_->port, *nginx_->process, "redirect="));
    }
    Row row{name, figuresOf(ours), {}};
    if (!theirs.empty()) row.nginx = figuresOf(theirs);
    return row;
  }

 private:
  LoadResult once(LoadKind kind, const std::string& path, std::uint16_t port, const Process& server,
                  const std::string& expected) {
    LoadOptions load;
    load.port = port;
    load.kind = kind;
    load.path = path;
    load.connections = options_.connections;
    load.duration = std::chrono::milliseconds(options_.round_ms);
    load.tick = [this](std::uint64_t answers) { balancer_.report(clients_ + answers); };
    const LoadResult result = runLoad(load, server);
    if (port == balancer_.port()) clients_ += result.answers;
    if (result.answers == 0 || result.sample.find(expected) == std::string::npos)
      throw std::runtime_error("the answers are not what they have to be: " + result.sample.substr(0, 200));
    return result;
  }

  const LookupOptions& options_;
  scratch::TemporaryFolder folder_;
  BenchBalancer balancer_;
  std::optional<Yardstick> nginx_;
  std::uint64_t clients_ = 0;
};

void printFigures(const char* name, const char* server, const Figures& figures) {
  std::printf("%-20s %-20s %10.0f %12.0f %6.0f %% %6.0f %% %8.0f %8.0f %6llu", name, server,
              figures.per_second, figures.per_core_second, 100 * figures.server_share,
              100 * figures.generator_share, figures.p50_us, figures.p99_us,
              static_cast<unsigned long long>(figures.failures));
}

void print(const Row& row) {
  printFigures(row.name, "multiconn-balancer", row.ours);
  if (row.nginx) {
    std::printf("  %.2f\n", row.ratio());
    printFigures("", "nginx return 200", *row.nginx);
  }
  std::printf("\n");
  const auto bound = [](const Figures& figures) {
    return figures.generator_share > 0.9 && figures.server_share < 0.9;
  };
  if (bound(row.ours) || (row.nginx && bound(*row.nginx)))
    std::printf("%-20s (the load generator was the bottleneck: compare the requests per processor second)\n",
                "");
  std::fflush(stdout);
}

boost::json::object json(const Figures& figures) {
  return {{"per_second", figures.per_second},
          {"per_core_second", figures.per_core_second},
          {"server_share", figures.server_share},
          {"generator_share", figures.generator_share},
          {"p50_us", figures.p50_us},
          {"p99_us", figures.p99_us},
          {"failures", figures.failures}};
}

void printJson(const Row& row, double gate) {
  boost::json::object object{{"load", row.name}, {"balancer", json(row.ours)}};
  object["gate"] = row.nginx ? gateOrNull(gate) : nullptr;
  object["ok"] = row.keeps(gate);
  if (row.nginx) {
    object["nginx"] = json(*row.nginx);
    object["ratio"] = row.ratio();
  }
  std::cout << object << std::endl;
}

}  // namespace

int runLookup(const LookupOptions& options) {
  raiseDescriptorLimit();
  Measurement measurement(options);
  if (!measurement.hasNginx())
    std::fprintf(stderr, "nginx is not installed: there is nothing to compare with, and no gate\n");
  if (!options.json)
    std::printf("%-20s %-20s %10s %12s %8s %8s %8s %8s %6s  %s\n", "load", "server", "per s", "per CPU s",
                "server", "load", "p50 us", "p99 us", "failed", "ratio");
  bool kept = true;
  for (const std::string& load : options.loads) {
    const LoadKind kind = load == "keep-alive" ? LoadKind::keep_alive
                          : load == "new"      ? LoadKind::new_connections
                                               : LoadKind::rtmp_redirects;
    const char* const name = kind == LoadKind::keep_alive        ? "HTTP keep-alive"
                             : kind == LoadKind::new_connections ? "HTTP new connection"
                                                                 : "RTMP redirect";
    const Row row = measurement.measure(name, kind);
    options.json ? printJson(row, options.gate) : print(row);
    if (!row.keeps(options.gate)) kept = false;
  }
  return kept ? 0 : 3;
}

}  // namespace multiconn::bench
