#include "setup.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <future>
#include <iostream>
#include <multiconn/multiconn.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "gates.hpp"
#include "process.hpp"
#include "sockets.hpp"
#include "statistics.hpp"

namespace multiconn::bench {
namespace {

std::string portOf(const std::string& greeting) {
  return greeting.substr(greeting.rfind(' ') + 1);
}

std::vector<Destination> destinations(const std::string& port, std::size_t count) {
  std::vector<Destination> list(count);
  for (std::size_t i = 0; i < count; ++i) {
    list[i].url = "rtmp://127.0.0.1:" + port + "/live";
    list[i].stream = streamName(i);
  }
  return list;
}

// Milliseconds until the last of the servers published.
double once(const std::string& port, std::size_t count) {
  Runtime runtime;
  MultiConnection connection(runtime);
  NetStream stream = connection.setNetStreams();
  std::promise<std::chrono::steady_clock::time_point> all_started;
  std::set<ServerId> started;
  stream.onStatus([&](const Status& status) {
    if (status.code != "NetStream.Publish.Start" || !status.server) return;
    if (started.insert(*status.server).second && started.size() == count)
      all_started.set_value(std::chrono::steady_clock::now());
  });
  stream.publish("bench");
  const auto begin = std::chrono::steady_clock::now();
  connection.connect(destinations(port, count));
  auto end = all_started.get_future();
  if (end.wait_for(std::chrono::seconds(10)) != std::future_status::ready)
    throw std::runtime_error("not every server began to publish within 10 s");
  return std::chrono::duration<double, std::milli>(end.get() - begin).count();
}

}  // namespace

int runSetup(const SetupOptions& options) {
  Process sink({"sink"}, 1);
  const std::string sink_port = portOf(sink.line());
  Process proxy({"delay-proxy", sink_port, "--delay-ms", std::to_string(options.delay.count())}, 1);
  const std::string port = portOf(proxy.line());
  std::vector<double> times;
  for (std::size_t i = 0; i < options.runs; ++i) times.push_back(once(port, options.count));
  const double median = bench::median(times), worst = quantile(times, 1);
  const double round_trip = 2.0 * static_cast<double>(options.delay.count());
  const bool held = options.gate <= 0 || median / round_trip <= options.gate;
  if (options.json)
    std::cout << boost::json::object{{"servers", options.count},
                                     {"round_trip_ms", round_trip},
                                     {"median_ms", median},
                                     {"worst_ms", worst},
                                     {"round_trips", median / round_trip},
                                     {"gate", gateOrNull(options.gate)},
                                     {"ok", held}}
              << std::endl;
  else
    std::printf(
        "%zu servers, round trip %.0f ms: Publish.Start on all after %.1f ms (worst of %zu runs %.1f ms) = "
        "%.2f round trips\n",
        options.count, round_trip, median, options.runs, worst, median / round_trip);
  return held ? 0 : 3;
}

}  // namespace multiconn::bench
