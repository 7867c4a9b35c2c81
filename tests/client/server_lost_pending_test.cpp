// Setup in the face of every trouble that may pass: it is answered at the time-out and says why, and the good
// server publishes meanwhile.
#include "server_lost_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::ElementsAre;

struct Trouble {
  const char* name;
  Script script;
  const char* error;  ///< in the answer
  ServerState later;  ///< than 30 s
};
void PrintTo(const Trouble& trouble, std::ostream* stream) {
  *stream << trouble.name;
}

const std::vector<Trouble>& troubles() {
  static const std::vector<Trouble> all{
      {"refused", {.refuses = true}, "Connection refused by the server.", ServerState::reconnecting},
      {"unknown", {.unknown_name = true}, "The name was not found.", ServerState::reconnecting},
      {"mute",
       {.never_answers_handshake = true},
       "The server has not answered yet.",
       ServerState::reconnecting},
      {"slow", {.connect_delay = 5s}, "The server has not answered yet.", ServerState::publishing},
      {"web",
       {.rtt = 40ms, .web_server = true},
       "The server speaks HTTP, not RTMP.",
       ServerState::reconnecting}};
  return all;
}

class SetupInTrouble : public ServerLost {
 protected:
  void run(const std::vector<Trouble>& bad) {
    world.server("good", {.rtt = 20ms});
    std::vector<Destination> destinations{at("good")};
    for (const Trouble& trouble : bad) {
      world.server(trouble.name, trouble.script);
      destinations.push_back(at(trouble.name));
    }
    make();
    stream.publish("key");
    connect(std::move(destinations));
    world.loop.runFor(1s);
    EXPECT_FALSE(outcome) << "nothing is final";
    EXPECT_EQ(state(0), ServerState::publishing);
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
    play(45s);
    expectAnswer(bad);
    for (std::size_t i = 0; i < bad.size(); ++i) EXPECT_EQ(state(i + 1), bad[i].later) << bad[i].name;
    expectTheGoodOneUndisturbed();
  }
  void expectAnswer(const std::vector<Trouble>& bad) {
    ASSERT_TRUE(outcome);
    EXPECT_EQ(answered_after, 3s);
    EXPECT_FALSE(outcome->success);
    ASSERT_EQ(outcome->servers.size(), bad.size() + 1);
    EXPECT_EQ(outcome->servers[0].state, ServerOutcome::State::connected);
    EXPECT_EQ(outcome->servers[0].error, "");
    for (std::size_t i = 0; i < bad.size(); ++i) {
      EXPECT_EQ(outcome->servers[i + 1].state, ServerOutcome::State::pending) << bad[i].name;
      EXPECT_EQ(outcome->servers[i + 1].error, bad[i].error) << bad[i].name;
      EXPECT_EQ(outcome->servers[i + 1].elapsed, 3s) << bad[i].name;
    }
  }
  void expectTheGoodOneUndisturbed() {
    EXPECT_EQ(state(0), ServerState::publishing);
    EXPECT_THAT(codes(statuses, 0), ElementsAre("NetConnection.Connect.Success"));
    EXPECT_THAT(codes(stream_statuses, 0), ElementsAre(started));
    EXPECT_EQ(receivedBy(world.server("good")).video.size(), next + 1);
    EXPECT_EQ(row(0).frames_dropped, 0U);
  }
};

class SetupInOneTrouble : public SetupInTrouble, public testing::WithParamInterface<Trouble> {};

TEST_P(SetupInOneTrouble, SaysWhyTheServerIsPending) {
  run({GetParam()});
}

INSTANTIATE_TEST_SUITE_P(All, SetupInOneTrouble, testing::ValuesIn(troubles()),
                         [](const auto& trouble) { return std::string(trouble.param.name); });

TEST_F(SetupInTrouble, SaysWhyEachServerIsPending) {
  run(troubles());
}

}  // namespace
}  // namespace multiconn::test
