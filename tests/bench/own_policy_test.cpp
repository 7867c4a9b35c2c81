// docs/examples/free_slots_policy.cpp does what docs/policies.md says of it.
#include <gmock/gmock.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

#include "balance/dispatcher.hpp"
#include "balance/reports.hpp"
#include "bench/balance_world.hpp"

namespace multiconn::balance::test {
namespace {

using testing::HasSubstr;

std::string textOf(const std::string& document) {
  std::ifstream file(MULTICONN_DOCS "/" + document);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(OwnPolicy, is_the_one_of_the_document_and_has_30_lines) {
  const std::string source = textOf("examples/free_slots_policy.cpp");
  EXPECT_LE(std::count(source.begin(), source.end(), '\n'), 30);
  EXPECT_THAT(textOf("policies.md"), HasSubstr("```cpp\n" + source + "```\n"));
}

TEST(OwnPolicy, is_found_by_its_name_and_asked) {
  DispatcherOptions options;
  options.policy = "free-slots";
  options.hold = milliseconds(0);
  const TimePoint now{std::chrono::hours(1)};
  Dispatcher dispatcher(options, now, 1);
  for (unsigned number = 1; number <= 3; ++number) {
    LoadReport report = reportAt(noon);
    report.connection_capacity = 100'000;
    report.connections = std::array{0U, 70'000U, 100'000U}.at(number - 1);
    dispatcher.report({guidOf(number), bootOf(1), 1, report}, now);
  }
  for (int i = 0; i < 4000; ++i) dispatcher.answer({}, now);
  EXPECT_NEAR(static_cast<double>(dispatcher.pool().edges()[0].redirects), 4000 / 1.3, 120);
  EXPECT_NEAR(static_cast<double>(dispatcher.pool().edges()[1].redirects), 4000 * 0.3 / 1.3, 120);
  EXPECT_EQ(dispatcher.pool().edges()[2].redirects, 0U);
}

TEST(OwnPolicy, says_when_all_are_full) {
  DispatcherOptions options;
  options.policy = "free-slots";
  options.hold = milliseconds(0);
  const TimePoint now{std::chrono::hours(1)};
  Dispatcher dispatcher(options, now, 1);
  LoadReport report = reportAt(noon);
  report.connections = report.connection_capacity;
  dispatcher.report({guidOf(1), bootOf(1), 1, report}, now);
  EXPECT_EQ(dispatcher.answer({}, now).reason, NoEdge::all_full);
}

TEST(OwnPolicy, can_be_tried_in_the_simulated_cluster) {
  bench::WorldOptions world;
  world.policy = "free-slots";
  const bench::WorldResult result = bench::simulate(world);
  EXPECT_EQ(result.refused, 0U);
  EXPECT_LT(result.peak, 1.2);
}

}  // namespace
}  // namespace multiconn::balance::test
