#include "isolation.hpp"

#include <algorithm>
#include <future>
#include <iterator>
#include <multiconn/multiconn.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "figures.hpp"
#include "frame_log.hpp"
#include "machine.hpp"
#include "marked_broadcast.hpp"
#include "process.hpp"
#include "saboteurs.hpp"
#include "sockets.hpp"
#include "statistics.hpp"

namespace multiconn::bench {
namespace {

constexpr int servers_cpu = 1;
constexpr std::chrono::seconds start_up{1};  // of a run, whose frames no delay is taken of

struct Run {
  std::uint64_t frames = 0, lost = 0;
  std::vector<double> delays_ms;
  std::vector<WriteTime> writes;
  std::vector<ServerStats> servers;
};

std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

Destination destination(const std::string& port, std::size_t index) {
  return {.url = "rtmp://127.0.0.1:" + port + "/live", .stream = streamName(index)};
}

// The healthy server is the first of the list.
Run publish(const std::vector<Destination>& destinations, std::chrono::seconds length, Process& sink) {
  ConnectOptions options;
  options.require = Require::any();
  Runtime runtime;
  MultiConnection connection(runtime, options);
  NetStream stream = connection.setNetStreams();
  std::promise<void> started;
  stream.onStatus([&, told = false](const Status& status) mutable {
    if (status.code != "NetStream.Publish.Start" || status.server != ServerId{0}) return;
    if (!std::exchange(told, true)) started.set_value();
  });
  stream.publish("bench");
  connection.connect(destinations);
  if (started.get_future().wait_for(std::chrono::seconds(10)) != std::future_status::ready)
    throw std::runtime_error("the healthy server was not published to within 10 s");
  const std::int64_t begin = nowMicroseconds();
  MarkedBroadcast broadcast(stream, {});
  std::this_thread::sleep_for(length);
  broadcast.stop();
  Run run;
  run.servers = connection.stats();
  // What was handed over last is on its way; the end of the connection goes behind it.
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  std::promise<void> closed;
  connection.ncClose([&] { closed.set_value(); });
  closed.get_future().wait();
  const std::vector<SeenFrame> frames = framesIn(sink.finish().output);
  run.frames = broadcast.videoFrames() + broadcast.audioFrames();
  run.lost = missing(frames, true, broadcast.videoFrames()) + missing(frames, false, broadcast.audioFrames());
  run.delays_ms = delays(frames, begin + std::chrono::microseconds(start_up).count());
  run.writes = broadcast.writeTimes();
  return run;
}

Run measure(bool sabotaged, std::chrono::seconds length) {
  Process sink({"watch-sink"}, servers_cpu);
  std::vector<Destination> destinations{destination(words(sink.line()).at(1), 0)};
  std::optional<Process> saboteurs;
  if (sabotaged) {
    saboteurs.emplace(std::vector<std::string>{"saboteurs"}, servers_cpu);
    const std::vector<std::string> ports = words(saboteurs->line());
    for (std::size_t i = 1; i < ports.size(); ++i) destinations.push_back(destination(ports[i], i));
  }
  return publish(destinations, length, sink);
}

double write(const Run& run, double share, double WriteTime::*which) {
  std::vector<double> times;
  for (const WriteTime& each : run.writes) times.push_back(each.*which);
  return quantile(std::move(times), share);
}

void addRun(Figures& figures, const std::string& name, const Run& run) {
  figures.add({name, "frames", static_cast<double>(run.frames), ""});
  figures.add({name, "frames lost", static_cast<double>(run.lost), "", Gate{0}});
  figures.add({name, "delay, p50", quantile(run.delays_ms, 0.5), "ms"});
  figures.add({name, "delay, p99", quantile(run.delays_ms, 0.99), "ms"});
  figures.add({name, "delay, worst", quantile(run.delays_ms, 1), "ms"});
  figures.add({name, "writeVideo, p50", write(run, 0.5, &WriteTime::wall_us), "us"});
  figures.add({name, "writeVideo, p99.9, processor time", write(run, 0.999, &WriteTime::processor_us), "us"});
}

void addSaboteurs(Figures& figures, const Run& run) {
  for (std::size_t i = 1; i < run.servers.size(); ++i) {
    const ServerStats& server = run.servers[i];
    const std::string name(sabotages.at(i - 1));
    figures.add({name, "frames sent", static_cast<double>(server.frames_sent), ""});
    figures.add({name, "reconnects", static_cast<double>(server.reconnects), ""});
  }
}

}  // namespace

int runIsolation(const IsolationOptions& options) {
  Figures figures(options.json);
  const Busyness machine;
  const Run alone = measure(false, options.length);
  addRun(figures, "the healthy server alone", alone);
  const Run beside = measure(true, options.length);
  const std::string name = "beside 7 saboteurs";
  addRun(figures, name, beside);
  figures.add({name, "delay added, p99", quantile(beside.delays_ms, 0.99) - quantile(alone.delays_ms, 0.99),
               "ms", Gate{options.delay_gate_ms}});
  figures.add({name, "writeVideo, p99.9", write(beside, 0.999, &WriteTime::wall_us), "us",
               Gate{options.write_gate_us}});
  addSaboteurs(figures, beside);
  figures.note(machine.tell());
  return figures.exitCode();
}

}  // namespace multiconn::bench
