// multiconn-bench fanout as a process.
#include <gtest/gtest.h>

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "support/program_run.hpp"

namespace multiconn::bench {
namespace {

// A second of CPU time stands against a second of the film, whatever its length.
TEST(Fanout, ThePacedCostIsThatOfASecondOfTheFile) {
  constexpr double length = 0.940;  // of the film; the synthetic clip has 5 s
  test::ProgramRun bench({MULTICONN_BIN "/multiconn-bench", "fanout",
                          MULTICONN_VECTORS "/enhanced/h264_aac.flv", "--destinations", "2", "--modes",
                          "paced", "--runs", "1", "--json"});
  const auto row = boost::json::parse(bench.output()).as_object();
  EXPECT_EQ(bench.errors(), "");
  EXPECT_EQ(bench.status(), 0);
  const double cpu_seconds =
      row.at("cpu_s_per_gb").to_number<double>() * row.at("gigabytes").to_number<double>();
  const double ms_per_second = row.at("cpu_ms_per_s_and_destination").to_number<double>() * 2;
  ASSERT_GT(ms_per_second, 0);
  EXPECT_NEAR(1000 * cpu_seconds / ms_per_second, length, 1e-6);
}

}  // namespace
}  // namespace multiconn::bench
