#include "balancer/edge_names.hpp"

#include <gtest/gtest.h>

#include "support/loop.hpp"

namespace multiconn::balancer {
namespace {

class EdgeNamesTest : public testing::Test {
 protected:
  EdgeNames::Asked ask(const std::string& host, std::uint16_t port = 1935) {
    return names.find(host, port, [this](const net::LookupResult& result) { results.push_back(result); });
  }
  bool told(std::size_t count) {
    return loop.until([&] { return results.size() >= count; });
  }

  net::test::Loop loop;
  EdgeNames names{loop.scheduler()};
  std::vector<net::LookupResult> results;
};

TEST_F(EdgeNamesTest, NumericAddressesAreTheirOwnAnswerButNeverInsideTheQuestion) {
  const auto four = ask("127.0.0.1", 1936), six = ask("::1", 1937);
  EXPECT_TRUE(results.empty());
  ASSERT_TRUE(told(2));
  EXPECT_EQ(results[0].addresses.at(0).text(), "127.0.0.1 port 1936");
  EXPECT_EQ(results[1].addresses.at(0).text(), "::1 port 1937");
}

TEST_F(EdgeNamesTest, EveryoneWhoAsksAtOnceIsTold) {
  std::vector<EdgeNames::Asked> asked;
  for (int i = 0; i < 2000; ++i) asked.push_back(ask("localhost", 1936));
  ASSERT_TRUE(told(asked.size()));
  for (const net::LookupResult& result : results) {
    ASSERT_FALSE(result.addresses.empty());
    EXPECT_EQ(result.addresses.front().port(), 1936);
  }
  // From what is known by now: in the next task already.
  const auto later = ask("localhost", 1936);
  loop.settle();
  EXPECT_EQ(results.size(), asked.size() + 1);
}

TEST_F(EdgeNamesTest, WhatDoesNotExistFailsForEveryoneAndIsRemembered) {
  const auto one = ask("no-such-host.invalid"), two = ask("no-such-host.invalid");
  ASSERT_TRUE(told(2));
  const auto three = ask("no-such-host.invalid");
  loop.settle();
  ASSERT_EQ(results.size(), 3u);
  for (const net::LookupResult& result : results) {
    EXPECT_TRUE(result.addresses.empty());
    EXPECT_FALSE(result.failure.text.empty());
  }
}

TEST_F(EdgeNamesTest, AQuestionThatWasLetGoIsNotAnswered) {
  ask("localhost").reset();
  ask("127.0.0.1").reset();
  const auto kept = ask("localhost");
  ASSERT_TRUE(told(1));
  loop.settle();
  EXPECT_EQ(results.size(), 1u);
}

TEST_F(EdgeNamesTest, WhoIsToldMayAskAgain) {
  EdgeNames::Asked first, second;
  bool done = false;
  first = names.find("localhost", 1935, [&](const net::LookupResult&) {
    second = names.find("localhost", 1936, [&](const net::LookupResult&) { done = true; });
    first.reset();
  });
  EXPECT_TRUE(loop.until([&] { return done; }));
}

}  // namespace
}  // namespace multiconn::balancer
