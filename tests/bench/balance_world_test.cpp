#include "bench/balance_world.hpp"

#include <gmock/gmock.h>

#include <algorithm>

#include "bench/balance_scenarios.hpp"

namespace multiconn::bench::test {
namespace {

class ScenarioTest : public testing::TestWithParam<Scenario> {};

TEST_P(ScenarioTest, keeps_its_gates) {
  registerBlindPolicy();
  const WorldResult result = simulate(GetParam().world);
  for (const Bound& bound : GetParam().bounds)
    EXPECT_TRUE(bound.keptBy(bound.value(result)))
        << bound.figure << " is " << bound.value(result) << ", the gate " << bound.gate;
}

std::string nameOf(const testing::TestParamInfo<Scenario>& info) {
  std::string name = info.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Balance, ScenarioTest, testing::ValuesIn(scenarios()), nameOf);

TEST(BalanceWorld, is_what_the_goals_are_measured_in) {
  const WorldResult result = simulate({});
  EXPECT_EQ(result.clients, 100'000U);
  EXPECT_NEAR(result.fill, 0.87, 0.01);
  EXPECT_GT(result.reports, 4 * 20 * 45 / 2.5 * 0.9);
}

TEST(BalanceWorld, the_same_seed_gives_the_same_redirects) {
  WorldOptions options;
  options.incident = Incident::first_balancer_restarts;
  options.seed = 3;
  const WorldResult once = simulate(options), again = simulate(options);
  EXPECT_EQ(once.redirect_hash, again.redirect_hash);
  EXPECT_EQ(once.peak, again.peak);
  options.seed = 4;
  EXPECT_NE(simulate(options).redirect_hash, once.redirect_hash);
}

TEST(BalanceWorld, wowzas_policy_has_a_quarter_of_the_clients_refused) {
  const auto all = scenarios();
  const auto control =
      std::find_if(all.begin(), all.end(), [](const Scenario& s) { return s.name == "control-wowza-4"; });
  ASSERT_NE(control, all.end());
  const WorldResult result = simulate(control->world);
  EXPECT_GT(result.refused, result.clients / 4);
}

}  // namespace
}  // namespace multiconn::bench::test
