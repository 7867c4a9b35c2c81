#include "balancer/history.hpp"

#include <gtest/gtest.h>

#include "balancer/directory_fixture.hpp"

namespace multiconn::balancer {
namespace {

using std::chrono::seconds;
using test::TestDirectory;

TEST(History, SamplesTheEdgesThatTakeClients) {
  TestDirectory directory;
  const auto load = [](std::uint32_t connections) {
    return [connections](balance::LoadReport& report) { report.connections = connections; };
  };
  directory.report(1, load(200));
  directory.report(2, load(400));
  directory.report(3, [](balance::LoadReport& report) {
    report.connections = 900;
    report.healthy = false;
  });
  History history;
  history.note(directory.edges.pool(), 10, directory.now);
  directory.advance(seconds(1));
  history.note(directory.edges.pool(), 20, directory.now);
  directory.advance(seconds(1));
  history.note(directory.edges.pool(), 30, directory.now);
  ASSERT_EQ(history.samples().size(), 2u);
  const History::Sample& sample = history.samples().back();
  EXPECT_EQ(sample.edges, 2u);
  EXPECT_DOUBLE_EQ(sample.mean_load, 0.3);
  EXPECT_DOUBLE_EQ(sample.min_load, 0.2);
  EXPECT_DOUBLE_EQ(sample.max_load, 0.4);
  EXPECT_DOUBLE_EQ(sample.redirects_per_second, 10);
}

TEST(History, IsBounded) {
  TestDirectory directory;
  History history;
  for (std::size_t i = 0; i < 2 * History::max_samples; ++i) {
    history.note(directory.edges.pool(), 0, directory.now);
    directory.advance(History::interval);
  }
  EXPECT_EQ(history.samples().size(), History::max_samples);
}

}  // namespace
}  // namespace multiconn::balancer
