#include "fanout.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <limits>
#include <stdexcept>

#include "flv_feed.hpp"
#include "process.hpp"
#include "scratch/temporary_folder.hpp"
#include "synthetic_flv.hpp"
#include "tls_files.hpp"

namespace multiconn::bench {
namespace {

constexpr int publisher_cpu = 0, sink_cpu = 1;
constexpr std::size_t largest_recording = 200'000'000;
constexpr double flat = 1.25;

struct Run {
  std::uint64_t bytes = 0;
  double cpu_seconds = 0;
  std::uint64_t peak_rss = 0;
};

// Runs a sink on one processor and a sender on the other; what the sink received and what the sender cost.
Run measure(std::vector<std::string> sender, const std::vector<std::string>& sink_options) {
  std::vector<std::string> sink_arguments{"sink"};
  sink_arguments.insert(sink_arguments.end(), sink_options.begin(), sink_options.end());
  Process sink(sink_arguments, sink_cpu);
  const std::string greeting = sink.line();
  sender.insert(sender.end(), {"--port", greeting.substr(greeting.rfind(' ') + 1)});
  Process process(sender, publisher_cpu);
  const Usage usage = process.finish();
  const Usage sink_usage = sink.finish();
  if (usage.exit_code != 0) throw std::runtime_error("the " + sender.front() + " process failed");
  // Loading the program and reading the file are no part of sending, and differ between the two.
  const double start_cost = std::stod(usage.output);
  const auto report = boost::json::parse(sink_usage.output);
  return {report.at("bytes").to_number<std::uint64_t>(), usage.cpu_seconds - start_cost,
          usage.peak_rss_bytes};
}

template <typename T>
T median(std::vector<T> values) {
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                   values.end());
  return values[values.size() / 2];
}

// As long as a paced run plays it.
double playingSeconds(const std::string& file) {
  return std::chrono::duration<double>(FlvFeed(file, 1, true).length()).count();
}

struct Row {
  std::size_t count = 0;
  bool paced = false;
  bool tls = false;
  bool valid = true;
  double gigabytes = 0;                  // per run
  double ours = 0, bare = 0, ratio = 0;  // CPU seconds per GB
  double ms_per_second = 0;              // of our CPU, for each destination; paced
  std::uint64_t peak_rss = 0;
  double rss_per_destination = 0;  // against the row before
};

class Comparison {
 public:
  Comparison(const FanoutOptions& options, const scratch::TemporaryFolder& folder)
      : options_(options), folder_(folder) {}

  Row row(std::size_t count, bool paced) const {
    const std::string file = paced ? folder_.file("paced.flv") : folder_.file("clip.flv");
    const std::size_t clip = std::filesystem::file_size(file);
    const std::size_t wanted = options_.megabytes * 1'000'000 / (count * clip);
    const std::size_t repeat =
        paced ? 1 : std::clamp<std::size_t>(wanted, 1, std::max<std::size_t>(1, largest_recording / clip));
    const std::string recording = folder_.file("recording");
    const std::string repeats = std::to_string(repeat), counts = std::to_string(count);
    const std::string mode = paced ? "--paced" : "--fast";
    measure({"publisher", file, "--count", "1", "--repeat", repeats, "--fast"}, {"--record", recording});

    std::vector<double> ours, bare;
    std::vector<std::uint64_t> rss;
    Row row{.count = count, .paced = paced, .tls = options_.tls};
    for (std::size_t i = 0; i < options_.runs; ++i) {
      const Run a = run({"publisher", file, "--count", counts, "--repeat", repeats, mode});
      const Run b = run({"bare-loop", recording, "--count", counts, mode});
      row.valid = row.valid && a.bytes == b.bytes && a.bytes > 0;
      row.gigabytes = static_cast<double>(a.bytes) / 1e9;
      ours.push_back(a.cpu_seconds / (static_cast<double>(a.bytes) / 1e9));
      bare.push_back(b.cpu_seconds / (static_cast<double>(b.bytes) / 1e9));
      rss.push_back(a.peak_rss);
    }
    row.ours = median(ours);
    row.bare = median(bare);
    row.ratio = row.ours / row.bare;
    row.peak_rss = median(rss);
    if (paced)
      row.ms_per_second =
          1000 * row.ours * row.gigabytes / (static_cast<double>(count) * playingSeconds(file));
    return row;
  }

 private:
  Run run(std::vector<std::string> sender) const {
    if (!options_.tls) return measure(std::move(sender), {});
    const std::string certificate = folder_.file("certificate.pem");
    sender.insert(sender.end(), {"--ca-file", certificate});
    return measure(std::move(sender), {"--certificate", certificate, "--key", folder_.file("key.pem")});
  }

  const FanoutOptions& options_;
  const scratch::TemporaryFolder& folder_;
};

void print(const Row& row, bool json) {
  if (json) {
    boost::json::object line{{"destinations", row.count},
                             {"mode", row.paced ? "paced" : "fast"},
                             {"tls", row.tls},
                             {"valid", row.valid},
                             {"gigabytes", row.gigabytes},
                             {"cpu_s_per_gb", row.ours},
                             {"bare_cpu_s_per_gb", row.bare},
                             {"ratio", row.ratio},
                             {"cpu_ms_per_s_and_destination", row.ms_per_second},
                             {"peak_rss_bytes", row.peak_rss},
                             {"rss_bytes_per_further_destination", row.rss_per_destination}};
    std::cout << line << std::endl;
    return;
  }
  std::printf("%6zu  %-9s %8.3f %12.3f %12.3f %7.2fx %12.3f %9.1f %14.1f  %s\n", row.count,
              row.paced ? (row.tls ? "paced tls" : "paced") : (row.tls ? "fast tls" : "fast"), row.gigabytes,
              row.ours, row.bare, row.ratio, row.ms_per_second, static_cast<double>(row.peak_rss) / 1048576,
              row.rss_per_destination / 1024, row.valid ? "" : "VOID: bytes differ");
  std::fflush(stdout);
}

// In real time the clock costs more than the sending; there a destination must not cost more the more there
// are. `least_cost`: what one has cost where there were no more of them.
bool withinGate(const Row& row, double gate, double least_cost) {
  if (gate <= 0) return true;
  return row.paced ? row.ms_per_second <= flat * least_cost : row.count < 16 || row.ratio <= gate;
}

void writeFile(const std::string& name, const rtmp::Bytes& bytes) {
  std::ofstream(name, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void prepareClips(const FanoutOptions& options, const scratch::TemporaryFolder& folder) {
  for (const char* name : {"clip.flv", "paced.flv"}) {
    if (!options.file.empty()) {
      std::filesystem::copy_file(options.file, folder.file(name));
    } else {
      const std::size_t seconds = std::string_view(name) == "paced.flv" ? options.paced_seconds : 10;
      writeFile(folder.file(name), syntheticFlv(std::chrono::seconds(seconds), 6'000'000));
    }
  }
}

}  // namespace

int runFanout(const FanoutOptions& options) {
  if (!options.file.empty() && std::filesystem::file_size(options.file) == 0)
    throw std::runtime_error(options.file + " is empty: give an FLV file");
  scratch::TemporaryFolder folder;
  prepareClips(options, folder);
  if (options.tls) writeCertificate(folder.file("certificate.pem"), folder.file("key.pem"));
  Comparison comparison(options, folder);
  if (!options.json)
    std::printf("%6s  %-9s %8s %12s %12s %8s %12s %9s %14s\n", "dests", "mode", "GB", "ours s/GB",
                "bare s/GB", "ratio", "ms/s/dest", "RSS MiB", "KiB/further");
  std::vector<std::size_t> counts = options.counts;
  std::sort(counts.begin(), counts.end());
  bool good = true;
  for (const std::string& mode : options.modes) {
    const Row* before = nullptr;
    double least_cost = std::numeric_limits<double>::infinity();
    Row previous;
    for (const std::size_t count : counts) {
      Row row = comparison.row(count, mode == "paced");
      if (before != nullptr && row.count > before->count)
        row.rss_per_destination =
            (static_cast<double>(row.peak_rss) - static_cast<double>(before->peak_rss)) /
            static_cast<double>(row.count - before->count);
      print(row, options.json);
      least_cost = std::min(least_cost, row.ms_per_second);
      good = good && row.valid && withinGate(row, options.gate, least_cost) &&
             (options.memory_gate <= 0 || row.rss_per_destination <= options.memory_gate * 1024);
      previous = row;
      before = &previous;
    }
  }
  return good ? 0 : 3;
}

}  // namespace multiconn::bench
