#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>

#include "chaos/cycles.hpp"
#include "chaos/last_words.hpp"

namespace {

multiconn::chaos::CycleResult runSimulated(std::uint64_t first, std::size_t count,
                                           std::chrono::milliseconds close_gate) {
  multiconn::chaos::CycleResult sum;
  for (std::uint64_t seed = first; seed < first + count && sum.complaints.empty(); ++seed) {
    multiconn::chaos::runsNow(seed);
    multiconn::chaos::CycleResult one = multiconn::chaos::runSimulatedCycle(seed, close_gate);
    sum.longest_close_ms = std::max(sum.longest_close_ms, one.longest_close_ms);
    if (!one.complaints.empty()) sum.failed_seed = seed;
    sum.complaints = std::move(one.complaints);
  }
  return sum;
}

struct Options {
  std::uint64_t seed = 1;
  std::size_t count = 100;
  bool sockets = false;
  std::optional<int> close_gate_ms;

  // Over sockets a machine with other things to do does not fail.
  std::chrono::milliseconds closeGate() const {
    return std::chrono::milliseconds(close_gate_ms.value_or(sockets ? 5000 : 250));
  }
};

/// What repeats it: the cycle itself, or all of them when only their end showed it.
void tellHow(const char* program, const Options& options, std::optional<std::uint64_t> seed) {
  std::cout << "  again: " << program << " --seed " << seed.value_or(options.seed) << " --count "
            << (seed ? 1 : options.count) << (options.sockets ? " --sockets" : "") << " --close-gate-ms "
            << options.closeGate().count() << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Connects, publishes, fails and closes again and again; each time nothing may be left.",
               "chaos_cycles"};
  Options options;
  app.add_option("--seed", options.seed, "Of the first cycle");
  app.add_option("--count", options.count, "Cycles")->check(CLI::PositiveNumber);
  app.add_flag("--sockets", options.sockets, "Over loopback and with threads, in place of simulated time");
  app.add_option("--close-gate-ms", options.close_gate_ms,
                 "The longest that ncClose(), or over sockets destroying all without it, may take (250; with "
                 "--sockets 5000)")
      ->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);

  multiconn::chaos::keepLastWords(std::string(argv[0]) + (options.sockets ? " --sockets" : "") +
                                  " --count 1 --seed ");
  const auto begun = std::chrono::steady_clock::now();
  const multiconn::chaos::CycleResult result =
      options.sockets ? multiconn::chaos::runSocketCycles(options.seed, options.count, options.closeGate())
                      : runSimulated(options.seed, options.count, options.closeGate());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  for (const std::string& complaint : result.complaints) std::cout << "FAILED: " << complaint << "\n";
  if (!result.complaints.empty()) tellHow(argv[0], options, result.failed_seed);
  std::cout << options.count << " cycles, the longest close took " << result.longest_close_ms << " ms, "
            << took.count() << " s\n";
  return result.complaints.empty() ? 0 : 1;
}
