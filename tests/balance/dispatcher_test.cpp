#include "balance/dispatcher.hpp"

#include <gmock/gmock.h>

#include "balance/reports.hpp"

namespace multiconn::balance::test {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

constexpr TimePoint socket_opened{std::chrono::hours(1)};

DispatcherOptions withoutHold() {
  DispatcherOptions options;
  options.hold = milliseconds(0);
  return options;
}

/// A dispatcher, and edges that report to it.
class Desk {
 public:
  explicit Desk(DispatcherOptions options = withoutHold())
      : dispatcher(std::move(options), socket_opened, 1) {}

  LoadReport& edge(unsigned number) {
    const auto [agent, is_new] = reports_.try_emplace(number);
    if (is_new) {
      agent->second = reportAt(noon);
      agent->second.addresses[0].host = "edge-" + std::to_string(number);
    }
    return agent->second;
  }
  void report(unsigned number) {
    const LoadReport& report = edge(number);
    dispatcher.report({guidOf(number), bootOf(1), ++seq_, report}, now);
  }
  void start(unsigned count) {
    for (unsigned number = 1; number <= count; ++number) {
      edge(number).connections = 100 * number;
      report(number);
    }
  }
  Answer ask(std::size_t count = 1, const char* scheme = "rtmp", const char* client = "") {
    return dispatcher.answer({count, scheme, client}, now);
  }
  std::vector<std::string> hosts(std::size_t count = 1, const char* scheme = "rtmp",
                                 const char* client = "") {
    std::vector<std::string> hosts;
    for (const Chosen& chosen : ask(count, scheme, client).chosen) hosts.push_back(chosen.address.host);
    return hosts;
  }

  TimePoint now = socket_opened;
  Dispatcher dispatcher;

 private:
  std::map<unsigned, LoadReport> reports_;
  std::uint64_t seq_ = 0;
};

TEST(Dispatcher, refuses_a_policy_that_there_is_not) {
  DispatcherOptions options;
  options.policy = "best";
  EXPECT_THAT(
      ([&] { Dispatcher(options, socket_opened, 1); }),
      ThrowsMessage<std::invalid_argument>(HasSubstr(
          "there is no policy \"best\"; there are concurrent-connects, least-loaded, random, round-robin")));
}

TEST(Dispatcher, answers_with_the_least_loaded_edge_and_counts_the_redirect) {
  Desk desk;
  desk.start(3);
  const Answer answer = desk.ask();
  ASSERT_EQ(answer.chosen.size(), 1U);
  EXPECT_EQ(answer.reason, NoEdge::none);
  EXPECT_EQ(answer.chosen[0].guid, guidOf(1));
  EXPECT_EQ(answer.chosen[0].address.host, "edge-1");
  EXPECT_EQ(answer.chosen[0].load, 0.1);
  EXPECT_EQ(desk.dispatcher.pool().edges().at(answer.chosen[0].edge).redirects, 1U);
}

TEST(Dispatcher, holds_its_answers_at_the_start) {
  Desk desk(DispatcherOptions{});
  desk.start(2);
  EXPECT_EQ(desk.ask().reason, NoEdge::starting);
  EXPECT_EQ(desk.ask().retry_after, milliseconds(2700));
  EXPECT_THAT(desk.ask().chosen, IsEmpty());
  desk.now += milliseconds(2699);
  EXPECT_EQ(desk.ask().reason, NoEdge::starting);
  EXPECT_EQ(desk.ask().retry_after, milliseconds(1));
  desk.now += milliseconds(1);
  EXPECT_THAT(desk.hosts(), ElementsAre("edge-1"));
}

TEST(Dispatcher, holds_no_longer_than_until_enough_edges_have_reported) {
  DispatcherOptions options;
  options.hold_until_edges = 2;
  Desk desk(options);
  desk.start(1);
  EXPECT_EQ(desk.ask().reason, NoEdge::starting);
  desk.edge(2).healthy = false;
  desk.report(2);
  EXPECT_EQ(desk.ask().reason, NoEdge::starting) << "one of them can take nobody";
  desk.start(3);
  EXPECT_THAT(desk.hosts(), ElementsAre("edge-1"));
  desk.now += seconds(6);
  EXPECT_EQ(desk.ask().reason, NoEdge::no_edges) << "the hold does not come back";
}

TEST(Dispatcher, says_why_there_is_no_edge) {
  Desk desk;
  EXPECT_EQ(desk.ask().reason, NoEdge::no_edges);
  desk.edge(1).connections = 1000;
  desk.report(1);
  EXPECT_EQ(desk.ask().reason, NoEdge::all_full);
  desk.dispatcher.pause(guidOf(1), true);
  EXPECT_EQ(desk.ask().reason, NoEdge::no_edges);
}

TEST(Dispatcher, leaves_out_edges_that_take_nobody) {
  Desk desk;
  desk.start(6);
  desk.edge(1).state = EdgeState::paused;
  desk.edge(2).state = EdgeState::stopping;
  desk.edge(3).healthy = false;
  for (unsigned number = 1; number <= 3; ++number) desk.report(number);
  desk.dispatcher.pause(guidOf(4), true);
  EXPECT_THAT(desk.hosts(16), ElementsAre("edge-5", "edge-6"));
  desk.now += seconds(4);
  desk.report(6);
  desk.now += milliseconds(1001);
  EXPECT_THAT(desk.hosts(16), ElementsAre("edge-6")) << "the other is silent";
}

TEST(Dispatcher, gives_distinct_edges_best_first) {
  Desk desk;
  desk.start(4);
  EXPECT_THAT(desk.hosts(3), ElementsAre("edge-1", "edge-2", "edge-3"));
  EXPECT_THAT(desk.hosts(99), ElementsAre("edge-1", "edge-2", "edge-3", "edge-4"));
  EXPECT_THAT(desk.hosts(0), ElementsAre("edge-1"));
  std::uint64_t redirects = 0;
  for (const Edge& edge : desk.dispatcher.pool().edges()) redirects += edge.redirects;
  EXPECT_EQ(redirects, 8U) << "each counts";
}

TEST(Dispatcher, gives_at_most_so_many) {
  Desk desk;
  desk.start(9);
  for (unsigned number = 10; number <= 20; ++number) desk.report(number);
  EXPECT_EQ(desk.ask(1'000'000).chosen.size(), max_count);
}

TEST(Dispatcher, gives_the_port_and_address_of_the_scheme_that_was_asked_for) {
  Desk desk;
  desk.edge(1).addresses = {{"rtmp", "a", 1935, ""}, {"rtmps", "b", 443, ""}};
  desk.edge(2).addresses = {{"rtmp", "c", 0, ""}};
  desk.report(1);
  desk.report(2);
  const Answer answer = desk.ask(2, "rtmps");
  ASSERT_EQ(answer.chosen.size(), 1U);
  EXPECT_EQ(answer.chosen[0].address.host, "b");
  EXPECT_EQ(answer.chosen[0].address.port, 443);
  EXPECT_EQ(desk.ask(1, "http").reason, NoEdge::no_edges);
  EXPECT_EQ(desk.ask(1, "gopher").reason, NoEdge::no_edges);
  EXPECT_EQ(desk.ask(2, "rtmp").chosen.size(), 2U);
}

TEST(Dispatcher, gives_the_address_for_the_clients_own_network_first) {
  Desk desk;
  desk.edge(1).addresses = {
      {"rtmp", "public", 0, ""}, {"rtmp", "private", 0, "10.0.0.0/8"}, {"rtmp", "six", 0, "fd00::/8"}};
  desk.report(1);
  EXPECT_THAT(desk.hosts(1, "rtmp", "10.2.3.4"), ElementsAre("private"));
  EXPECT_THAT(desk.hosts(1, "rtmp", "::ffff:10.2.3.4"), ElementsAre("private"));
  EXPECT_THAT(desk.hosts(1, "rtmp", "fd12::1"), ElementsAre("six"));
  EXPECT_THAT(desk.hosts(1, "rtmp", "192.0.2.1"), ElementsAre("public"));
  EXPECT_THAT(desk.hosts(1, "rtmp", ""), ElementsAre("public"));
  EXPECT_THAT(desk.hosts(1, "rtmp", "no address"), ElementsAre("public"));
}

TEST(Dispatcher, leaves_out_an_edge_that_the_client_cannot_reach) {
  Desk desk;
  desk.edge(1).addresses = {{"rtmp", "private", 0, "10.0.0.0/8"}};
  desk.report(1);
  EXPECT_EQ(desk.ask(1, "rtmp", "192.0.2.1").reason, NoEdge::no_edges);
  EXPECT_EQ(desk.ask(1, "rtmp", "").reason, NoEdge::no_edges);
  EXPECT_THAT(desk.hosts(1, "rtmp", "10.0.0.1"), ElementsAre("private"));
}

TEST(Dispatcher, the_same_seed_gives_the_same_answers) {
  const auto sequence = [](std::uint64_t seed) {
    Dispatcher dispatcher(withoutHold(), socket_opened, seed);
    for (unsigned number = 1; number <= 20; ++number)
      dispatcher.report({guidOf(number), bootOf(1), 1, reportAt(noon)}, socket_opened);
    std::vector<std::size_t> edges;
    for (int i = 0; i < 500; ++i)
      edges.push_back(dispatcher.answer({}, socket_opened + milliseconds(i)).chosen.at(0).edge);
    return edges;
  };
  EXPECT_EQ(sequence(5), sequence(5));
  EXPECT_NE(sequence(5), sequence(6));
}

}  // namespace
}  // namespace multiconn::balance::test
