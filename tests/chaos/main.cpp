#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>

#include "chaos/last_words.hpp"
#include "chaos/run.hpp"

namespace {

struct Seeds {
  std::uint64_t first = 1, last = 200;
  std::uint64_t shard = 0, shards = 1;
};

/// "A..B", or "A" alone.
std::string readSeeds(const std::string& text, Seeds& seeds) {
  try {
    std::size_t end = 0;
    seeds.first = seeds.last = std::stoull(text, &end);
    if (end == text.size()) return {};
    if (text.compare(end, 2, "..") != 0) return "seeds are A..B";
    const std::string rest = text.substr(end + 2);
    seeds.last = std::stoull(rest, &end);
    return end == rest.size() ? "" : "seeds are A..B";
  } catch (const std::exception&) {
    return "seeds are A..B";
  }
}

void report(const char* program, std::uint64_t seed, const multiconn::chaos::RunResult& result) {
  std::cout << "seed " << seed << " FAILED:\n";
  for (const std::string& complaint : result.complaints) std::cout << "  " << complaint << "\n";
  std::cout << "  again: " << program << " --seeds " << seed << " --tell\n";
}

/// So many of any kind meet everything.
constexpr std::size_t enough_runs = 200;

/// What the runs were about; false: not about everything.
bool tellSum(std::size_t runs, const multiconn::chaos::RunResult& sum) {
  std::cout << "judged: " << sum.untouched << " untouched servers, " << sum.resumed_whole
            << " outages within the ring, " << sum.resumed_at_keyframe << " returns to the newest keyframe, "
            << sum.complete_ends << " complete ends, " << sum.memory_filled
            << " runs that filled the memory, " << sum.look_ups << " look-ups, " << sum.wrapped
            << " timestamps that began again, " << sum.batches << " batches\nmet:";
  for (std::size_t kind = 0; kind < sum.met.size(); ++kind)
    std::cout << " " << name(static_cast<multiconn::chaos::FaultKind>(kind)) << " " << sum.met.at(kind);
  std::cout << "\nstruck at:";
  for (std::size_t step = 0; step < sum.steps.size(); ++step)
    std::cout << " " << name(static_cast<multiconn::chaos::Step>(step)) << " " << sum.steps.at(step);
  std::cout << "\n";
  if (runs < enough_runs) return true;
  const std::vector<std::string> missing = sum.notSeen();
  for (const std::string& what : missing) std::cout << "FAILED: no run had " << what << "\n";
  return missing.empty();
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Broadcasts to servers that fail in every way, in simulated time: what the seed decides.",
               "chaos_runs"};
  Seeds seeds;
  multiconn::chaos::RunOptions options;
  bool keep_going = false;
  app.add_option_function<std::string>(
         "--seeds",
         [&](const std::string& text) {
           if (const std::string error = readSeeds(text, seeds); !error.empty())
             throw CLI::ValidationError("--seeds", error);
         },
         "A..B, both included (1..200)")
      ->type_name("A..B");
  app.add_option("--shard", seeds.shard, "Only the seeds that leave this rest");
  app.add_option("--shards", seeds.shards, "when they are divided by this")->check(CLI::PositiveNumber);
  app.add_flag("--tell", options.tell, "Print what happens");
  app.add_flag("--keep-going", keep_going, "Go on after a failure");
  CLI11_PARSE(app, argc, argv);

  multiconn::chaos::keepLastWords(std::string(argv[0]) + " --tell --seeds ");
  const auto begun = std::chrono::steady_clock::now();
  std::size_t runs = 0, failed = 0;
  multiconn::chaos::RunResult sum;
  for (std::uint64_t seed = seeds.first; seed <= seeds.last; ++seed) {
    if (seed % seeds.shards != seeds.shard) continue;
    multiconn::chaos::runsNow(seed);
    const multiconn::chaos::RunResult result = multiconn::chaos::runChaos(seed, options);
    ++runs;
    sum.add(result);
    if (result.complaints.empty()) continue;
    ++failed;
    report(argv[0], seed, result);
    if (!keep_going) break;
  }
  const bool all_met = tellSum(runs, sum);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  std::cout << runs << " runs, " << failed << " failed, " << sum.faults << " faults, " << sum.publications
            << " publications, " << sum.frames << " frames, " << took.count() << " s\n";
  return failed == 0 && runs > 0 && all_met ? 0 : 1;
}
