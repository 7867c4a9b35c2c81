#include "fanout_compare.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <thread>

#include "figures.hpp"
#include "frame_log.hpp"
#include "machine.hpp"
#include "rivals.hpp"
#include "schedule.hpp"
#include "scratch/temporary_folder.hpp"
#include "statistics.hpp"
#include "synthetic_flv.hpp"

namespace multiconn::bench {
namespace {

constexpr int sender_cpu = 0, sink_cpu = 1;
constexpr std::size_t largest_recording = 200'000'000;
constexpr std::size_t bits_per_second = 6'000'000;
constexpr std::size_t pictures_per_second = 30;

std::uint16_t portIn(const std::string& greeting) {
  return static_cast<std::uint16_t>(std::stoul(greeting.substr(greeting.rfind(' ') + 1)));
}

// FFmpeg sends no pictures that are noise: where it takes part, it has made the clip.
void writeClip(const std::string& name, std::size_t seconds) {
  if (encodeClip(name, seconds, bits_per_second)) return;
  const rtmp::Bytes bytes = syntheticFlv(std::chrono::seconds(seconds), bits_per_second);
  std::ofstream(name, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

class FanoutCompare {
 public:
  FanoutCompare(const FanoutOptions& options, Figures& figures) : options_(options), figures_(figures) {
    for (const Rival rival : all_rivals) {
      const std::string missing = missingFor(rival);
      missing.empty() ? rivals_.push_back(rival) : figures_.note(missing);
    }
  }

  void cost(std::size_t count, bool paced) {
    const RivalJob job = prepare(count, paced);
    std::map<Rival, std::vector<double>> costs;
    double ours_bytes = 0;
    for (std::size_t i = 0; i < options_.runs; ++i) {
      for (const Rival rival : rivals_) {
        const auto [bytes, seconds] = once(rival, job);
        if (rival == Rival::ours) ours_bytes = bytes;
        // Other chunk sizes make other numbers of bytes, by a hundredth or so.
        const bool same = std::abs(bytes / ours_bytes - 1) < 0.03;
        costs[rival].push_back(same ? seconds / (bytes / 1e9) : NAN);
      }
    }
    const std::string measurement =
        std::to_string(count) + " servers, " + (paced ? "paced" : "as fast as possible");
    const double ours = medianOrNone(costs[Rival::ours]);
    for (const Rival rival : rivals_) {
      const double theirs = medianOrNone(costs[rival]);
      figures_.add({measurement, std::string(name(rival)) + ", processor", theirs, "s/GB"});
      if (rival == Rival::ours) continue;
      Figure ratio{measurement, std::string(name(rival)) + " / ours", theirs / ours, "times"};
      // Blocking writes of whole messages are the kernel's cost alone, and stop with the slowest server: see
      // stalled().
      const bool kernel_alone = rival == Rival::bare_loop || rival == Rival::librtmp_large_chunks;
      if (!kernel_alone && count > 1) ratio.gate = Gate{1, true};
      figures_.add(ratio);
    }
  }

  void stalled() {
    RivalJob job{
        .clip = folder_.file("stalled.flv"), .recording = folder_.file("stalled.recording"), .paced = true};
    writeClip(job.clip, stalledSeconds());
    record(job);
    job.count = 2;
    const std::string measurement = "one of two servers stops reading";
    for (const Rival rival : rivals_) {
      const Schedule seen = stalledOnce(rival, job);
      Figure share{measurement, std::string(name(rival)) + ", frames at the other", 100 * seen.arrived_share,
                   "%"};
      if (rival == Rival::ours) share.gate = Gate{100, true};
      figures_.add(share);
      figures_.add({measurement, std::string(name(rival)) + ", delay there, p99", seen.late_p99_ms, "ms"});
    }
  }

 private:
  static double medianOrNone(const std::vector<double>& values) {
    const bool whole =
        std::none_of(values.begin(), values.end(), [](double each) { return std::isnan(each); });
    return whole ? median(values) : NAN;
  }

  RivalJob prepare(std::size_t count, bool paced) {
    RivalJob job{.clip = folder_.file(paced ? "paced.flv" : "clip.flv"),
                 .recording = folder_.file("recording"),
                 .count = count,
                 .paced = paced};
    if (!options_.file.empty())
      std::filesystem::copy_file(options_.file, job.clip, std::filesystem::copy_options::overwrite_existing);
    else
      writeClip(job.clip, paced ? options_.paced_seconds : 10);
    const std::size_t size = std::filesystem::file_size(job.clip);
    if (!paced)
      job.repeat = std::clamp<std::size_t>(options_.megabytes * 1'000'000 / (count * size), 1,
                                           std::max<std::size_t>(1, largest_recording / size));
    record(job);
    return job;
  }

  // The bytes that we send to one server, for the bare loop.
  void record(RivalJob job) const {
    Process sink({"sink", "--record", job.recording}, sink_cpu);
    job.port = portIn(sink.line());
    job.count = 1;
    job.paced = false;
    const Usage usage = start(Rival::ours, job, sender_cpu)->finish();
    sink.finish();
    if (usage.exit_code != 0) throw std::runtime_error("the input could not be published");
  }

  // Bytes that arrived, and the seconds of processor that sending them took.
  static std::pair<double, double> once(Rival rival, RivalJob job) {
    Process sink({"sink"}, sink_cpu);
    job.port = portIn(sink.line());
    const Usage usage = start(rival, job, sender_cpu)->finish();
    const auto report = boost::json::parse(sink.finish().output);
    // One that fails has no figure.
    if (usage.exit_code != 0) return {NAN, NAN};
    return {report.at("bytes").to_number<double>(),
            usage.cpu_seconds - startCost(rival, job, usage.output, sender_cpu)};
  }

  // Long enough for the socket of the stalled server to fill.
  std::size_t stalledSeconds() const { return 3 * options_.paced_seconds; }

  Schedule stalledOnce(Rival rival, RivalJob job) const {
    Process sink({"watch-sink", "--stall"}, sink_cpu);
    job.port = portIn(sink.line());
    const auto sender = start(rival, job, sender_cpu);
    // Those who wait for the stalled server would not end by themselves.
    std::this_thread::sleep_for(std::chrono::seconds(stalledSeconds() + 3));
    const std::vector<SeenFrame> frames = framesIn(sink.finish().output);
    return keptSchedule(frames, stalledSeconds() * pictures_per_second);
  }

  const FanoutOptions& options_;
  Figures& figures_;
  scratch::TemporaryFolder folder_;
  std::vector<Rival> rivals_;
};

}  // namespace

int runFanoutCompare(const FanoutOptions& options) {
  Figures figures(options.json);
  const Busyness machine;
  FanoutCompare compare(options, figures);
  for (const std::string& mode : options.modes)
    for (const std::size_t count : options.counts) compare.cost(count, mode == "paced");
  compare.stalled();
  figures.note(machine.tell());
  return figures.exitCode();
}

}  // namespace multiconn::bench
