#include <string>
#include <thread>

#include "bench_publisher.hpp"
#include "failover.hpp"
#include "frame_log.hpp"
#include "process.hpp"
#include "statistics.hpp"

namespace multiconn::bench {
namespace {

constexpr ServerId lost{0};

std::int64_t lastNumber(const std::string& line) {
  return std::stoll(line.substr(line.rfind(' ') + 1));
}

// Milliseconds until the loss was told.
double once(bool stream) {
  Process sink({"watch-sink"}, 1);
  const auto port = static_cast<std::uint16_t>(lastNumber(sink.line()));
  BenchPublisher publisher({loopbackDestination(port, 0)}, BenchPublisher::quickToRetry(), stream);
  publisher.waitFor(lost, {stream ? "NetStream.Publish.Start" : "NetConnection.Connect.Success"}, 0);
  if (stream) publisher.broadcast();
  // A broadcast that runs; an idle connection on which nothing is outstanding any more.
  std::this_thread::sleep_for(std::chrono::milliseconds(1200));
  sink.tell("swallow");
  const std::int64_t from_us = lastNumber(sink.line());
  const auto told = publisher.waitFor(
      lost, {"NetConnection.Connect.Reconnecting", "NetConnection.Connect.Closed"}, from_us);
  return static_cast<double>(told.at_us - from_us) / 1e3;
}

}  // namespace

void measureBlackHoles(const FailoverOptions& options, Figures& figures) {
  for (const bool stream : {true, false}) {
    std::vector<double> times;
    for (std::size_t i = 0; i < options.black_holes; ++i) times.push_back(once(stream));
    const std::string name =
        std::to_string(options.black_holes) + (stream ? " black holes" : " black holes, idle connection");
    figures.add({name, "noticed after, p50", median(times), "ms"});
    figures.add({name, "noticed after, worst", quantile(times, 1), "ms", Gate{options.black_hole_gate_ms}});
  }
}

}  // namespace multiconn::bench
