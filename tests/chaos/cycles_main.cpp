#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <iostream>

#include "chaos/cycles.hpp"

namespace {

multiconn::chaos::CycleResult runSimulated(std::uint64_t first, std::size_t count) {
  multiconn::chaos::CycleResult sum;
  for (std::uint64_t seed = first; seed < first + count && sum.complaints.empty(); ++seed) {
    multiconn::chaos::CycleResult one = multiconn::chaos::runSimulatedCycle(seed);
    sum.longest_close_ms = std::max(sum.longest_close_ms, one.longest_close_ms);
    for (std::string& complaint : one.complaints)
      sum.complaints.push_back("seed " + std::to_string(seed) + ": " + std::move(complaint));
  }
  return sum;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Connects, publishes, fails and closes again and again; each time nothing may be left.",
               "chaos_cycles"};
  std::uint64_t seed = 1;
  std::size_t count = 100;
  bool sockets = false;
  app.add_option("--seed", seed, "Of the first cycle");
  app.add_option("--count", count, "Cycles")->check(CLI::PositiveNumber);
  app.add_flag("--sockets", sockets, "Over loopback and with threads, in place of simulated time");
  CLI11_PARSE(app, argc, argv);

  const auto begun = std::chrono::steady_clock::now();
  const multiconn::chaos::CycleResult result =
      sockets ? multiconn::chaos::runSocketCycles(seed, count) : runSimulated(seed, count);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  for (const std::string& complaint : result.complaints) std::cout << "FAILED: " << complaint << "\n";
  std::cout << count << " cycles, the longest close took " << result.longest_close_ms << " ms, "
            << took.count() << " s\n";
  return result.complaints.empty() ? 0 : 1;
}
