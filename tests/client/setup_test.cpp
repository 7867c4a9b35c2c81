#include "client/setup.hpp"

#include <gtest/gtest.h>

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;
using State = ServerOutcome::State;

// By a function: testing::Test has a private member of the class's name.
Setup of(const std::vector<std::string>& urls, Require require) {
  return Setup(urls, require);
}
ServerId server(unsigned index) {
  return static_cast<ServerId>(index);
}

TEST(Setup, AllHaveToAnswer) {
  auto setup = of({"a", "b", "c"}, Require::all());
  setup.connected(server(0), 1ms);
  setup.connected(server(2), 2ms);
  EXPECT_FALSE(setup.certain());
  setup.connected(server(1), 3ms);
  EXPECT_TRUE(setup.certain());
  const SetupOutcome answer = setup.answer(3ms);
  EXPECT_TRUE(answer.success);
  ASSERT_EQ(answer.servers.size(), 3U);
  EXPECT_EQ(answer.servers[1].elapsed, 3ms);
  EXPECT_EQ(answer.servers[1].url, "b");
  EXPECT_EQ(answer.servers[1].state, State::connected);
}

TEST(Setup, OneFailureDecidesWhenAllAreRequired) {
  auto setup = of({"a", "b", "c"}, Require::all());
  setup.failed(server(1), "refused", 7ms);
  ASSERT_TRUE(setup.certain());
  const SetupOutcome answer = setup.answer(8ms);
  EXPECT_FALSE(answer.success);
  EXPECT_EQ(answer.servers[1].error, "refused");
  EXPECT_EQ(answer.servers[1].elapsed, 7ms);
  EXPECT_EQ(answer.servers[0].state, State::pending);
  EXPECT_EQ(answer.servers[0].elapsed, 8ms);
  EXPECT_FALSE(answer.servers[0].error.empty());
}

TEST(Setup, AnyIsContentWithTheFirst) {
  auto setup = of({"a", "b", "c"}, Require::any());
  setup.failed(server(0), "refused", 1ms);
  setup.failed(server(1), "refused", 1ms);
  EXPECT_FALSE(setup.certain());
  setup.connected(server(2), 2ms);
  EXPECT_TRUE(setup.certain());
  EXPECT_TRUE(setup.answer(2ms).success);
}

TEST(Setup, TwoOfThreeCannotBeMetAfterTwoFailures) {
  auto setup = of({"a", "b", "c"}, Require::atLeast(2));
  setup.failed(server(0), "refused", 1ms);
  EXPECT_FALSE(setup.certain());
  setup.failed(server(1), "refused", 1ms);
  EXPECT_TRUE(setup.certain());
  EXPECT_FALSE(setup.answer(2ms).success);
}

TEST(Setup, MoreThanThereAreMeansAll) {
  auto setup = of({"a", "b", "c"}, Require::atLeast(9));
  for (unsigned i = 0; i < 3; ++i) setup.connected(server(i), 1ms);
  EXPECT_TRUE(setup.answer(1ms).success);
}

TEST(Setup, TheFirstOutcomeOfAServerStands) {
  auto setup = of({"a", "b", "c"}, Require::all());
  setup.connected(server(0), 1ms);
  setup.failed(server(0), "lost", 2ms);
  setup.failed(server(7), "no such server", 2ms);
  EXPECT_FALSE(setup.certain());
  EXPECT_EQ(setup.answer(3ms).servers[0].state, State::connected);
}

TEST(Setup, NothingToConnectToFails) {
  const auto setup = of({}, Require::all());
  EXPECT_TRUE(setup.certain());
  EXPECT_FALSE(setup.answer(0ms).success);
  EXPECT_EQ(setup.sentence(), "There is no destination to connect to.");
}

TEST(Setup, SaysHowManyAnswered) {
  auto setup = of({"a", "b", "c"}, Require::all());
  setup.connected(server(0), 1ms);
  EXPECT_EQ(setup.sentence(), "1 of 3 servers answered; all were required.");
  EXPECT_EQ(of({"a"}, Require::all()).sentence(), "0 of 1 servers answered; all were required.");
  EXPECT_EQ(of({"a", "b"}, Require::any()).sentence(), "0 of 2 servers answered; 1 was required.");
  EXPECT_EQ(of({"a", "b", "c"}, Require::atLeast(2)).sentence(), "0 of 3 servers answered; 2 were required.");
}

}  // namespace
}  // namespace multiconn::client
