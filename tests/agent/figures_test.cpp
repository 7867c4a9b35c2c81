#include "agent/figures.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <string>

#include "agent/cpu_meter.hpp"
#include "agent/monitors/accept_count.hpp"
#include "agent/monitors/rate_meter.hpp"
#include "balance/load_report.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::agent {
namespace {

using namespace std::chrono_literals;

const balance::TimePoint start{1h};

AgentLoad carrying(std::uint32_t connections, std::uint64_t out_bits = 0) {
  AgentLoad load;
  load.connections = connections;
  load.out_bits = out_bits;
  return load;
}

TEST(Figures, ShareIsOfConnections) {
  Figures figures(200, 0);
  figures.read(carrying(50), start);
  EXPECT_DOUBLE_EQ(figures.share(), 0.25);
  EXPECT_EQ(figures.capacity(), 200U);
}

TEST(Figures, AMonitorsCapacityGoesBeforeTheOptions) {
  Figures figures(200, 0);
  AgentLoad load = carrying(50);
  load.capacity = 100;
  figures.read(load, start);
  EXPECT_DOUBLE_EQ(figures.share(), 0.5);
}

TEST(Figures, ShareIsOfBandwidthWhereThatIsFuller) {
  Figures figures(1000, 10'000'000);
  figures.read(carrying(10, 8'000'000), start);
  EXPECT_EQ(figures.connectionBits(), 800'000U);
  EXPECT_NEAR(figures.share(), 0.8, 1e-6);
}

TEST(Figures, BusyProcessorsCount) {
  Figures figures(100, 0);
  AgentLoad load = carrying(10);
  load.cpu = 0.95;
  figures.read(load, start);
  EXPECT_NEAR(figures.share(), 0.1 + 0.4, 1e-9);
}

TEST(Figures, BitsOfOneConnectionAreSmoothedWithTenSeconds) {
  Figures figures(1000, 0);
  figures.read(carrying(100, 100'000'000), start);
  figures.read(carrying(100, 200'000'000), start + 10s);
  EXPECT_NEAR(static_cast<double>(figures.connectionBits()), 1e6 * (2 - std::exp(-1.0)), 10);
}

TEST(Figures, NobodyConnectedNeedsNothing) {
  Figures figures(1000, 0);
  figures.read(carrying(0, 5000), start);
  EXPECT_EQ(figures.connectionBits(), 0U);
}

TEST(Figures, AcceptsGoOnWhenTheServerRestarts) {
  Figures figures(1000, 0);
  AgentLoad load;
  load.accepts = 500;
  figures.read(load, start);
  load.accepts = 3;
  figures.read(load, start + 1s);
  EXPECT_EQ(figures.load().accepts, 503U);
  load.accepts = 5;
  figures.read(load, start + 2s);
  EXPECT_EQ(figures.load().accepts, 505U);
}

TEST(Figures, NonsenseOfAMonitorIsMadeFit) {
  Figures figures(1000, 0);
  AgentLoad load;
  load.cpu = NAN;
  load.capacity = 0;
  figures.read(load, start);
  EXPECT_EQ(*figures.load().cpu, 0);
  EXPECT_EQ(figures.capacity(), 1U);
}

TEST(Figures, BitsBeyondAReportsRangeAreCutOff) {
  Figures figures(1000, 0);
  AgentLoad load = carrying(1, ~std::uint64_t{0});
  load.in_bits = ~std::uint64_t{0};
  figures.read(load, start);
  EXPECT_EQ(figures.load().in_bits, balance::max_bits);
  EXPECT_EQ(figures.load().out_bits, balance::max_bits);
  EXPECT_EQ(figures.connectionBits(), balance::max_bits);
  figures.read(carrying(0, ~std::uint64_t{0}), start + 5s);
  EXPECT_EQ(figures.connectionBits(), balance::max_bits) << "fewer connections than one";
}

TEST(AcceptCount, LeavesProbesOut) {
  AcceptCount count;
  EXPECT_EQ(count.read(10, 2), 8U);
  EXPECT_EQ(count.read(15, 3), 12U);
}

TEST(AcceptCount, AProbeThatIsKnownBeforeItIsCountedIsNotMissed) {
  AcceptCount count;
  EXPECT_EQ(count.read(10, 0), 10U);
  EXPECT_EQ(count.read(10, 1), 10U);
  EXPECT_EQ(count.read(11, 1), 10U);
  EXPECT_EQ(count.read(12, 1), 11U);
}

TEST(AcceptCount, AProbeThatFailedIsTakenBack) {
  AcceptCount count;
  EXPECT_EQ(count.read(10, 0), 10U);
  EXPECT_EQ(count.read(10, 1), 10U);
  EXPECT_EQ(count.read(10, 0), 10U);
  EXPECT_EQ(count.read(11, 0), 11U);
}

TEST(AcceptCount, OutlivesTheServersRestart) {
  AcceptCount count;
  EXPECT_EQ(count.read(100, 10), 90U);
  EXPECT_EQ(count.read(4, 11), 94U);
}

TEST(NewcomerCount, CountsIdsThatWereNotThere) {
  NewcomerCount<std::string> count;
  EXPECT_EQ(count.read({"a", "b"}), 2U);
  EXPECT_EQ(count.read({"b", "c"}), 3U);
  EXPECT_EQ(count.read({}), 3U);
  EXPECT_EQ(count.read({"a"}), 4U);
}

TEST(RateMeter, CountsOverASecondOrMore) {
  RateMeter meter;
  EXPECT_EQ(meter.read(1000, start), 0U);
  EXPECT_EQ(meter.read(2000, start + 500ms), 0U);
  EXPECT_EQ(meter.read(3000, start + 2s), 8000U);
  EXPECT_EQ(meter.read(500, start + 3s), 4000U) << "the counter began again";
}

TEST(RateMeter, ACounterThatJumpsIsCutOff) {
  RateMeter meter;
  meter.read(0, start);
  EXPECT_EQ(meter.read(~std::uint64_t{0}, start + 1s), balance::max_bits);
}

TEST(CpuTicks, AreThoseOfProcStat) {
  const auto ticks = parseCpuTicks("cpu  10 1 5 80 4 1 2 3 0 0\ncpu0 1 1 1 1\n");
  ASSERT_TRUE(ticks);
  EXPECT_EQ(ticks->busy, 22U);
  EXPECT_EQ(ticks->all, 106U);
  EXPECT_FALSE(parseCpuTicks("intr 1 2 3 4"));
  EXPECT_FALSE(parseCpuTicks(""));
}

TEST(CpuMeter, TellsTheShareOfTheLastSecond) {
  const test::TemporaryFolder folder;
  CpuMeter meter(folder.write("stat", "cpu  100 0 0 900 0 0 0 0 0 0\n"));
  EXPECT_EQ(meter.sample(start), 0);
  folder.write("stat", "cpu  125 0 0 975 0 0 0 0 0 0\n");
  EXPECT_EQ(meter.sample(start + 999ms), 0) << "the second is not over";
  EXPECT_EQ(meter.sample(start + 1s), 0.25);
  folder.write("stat", "");
  EXPECT_EQ(meter.sample(start + 2s), 0.25) << "what cannot be read changes nothing";
}

TEST(CpuMeter, ReadsThisMachines) {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  EXPECT_TRUE(parseCpuTicks(line)) << line;
}

}  // namespace
}  // namespace multiconn::agent
