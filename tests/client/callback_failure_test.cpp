// Callbacks of the application that throw: caught, told once a second at most, and everything goes on.
#include <stdexcept>

#include "client_test.hpp"
#include "scripted_source.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* callback_failed = "NetConnection.Callback.Failed";

class CallbackFailure : public ClientTest {
 protected:
  void fail() {
    ++called;
    throw std::runtime_error("canary");
  }
  int called = 0;
};

TEST_F(CallbackFailure, OfStatusesDoesNotGoRoundInCircles) {
  make();
  connection->onStatus([this](const Status& status) {
    statuses.push_back(status);
    fail();
  });
  stream.onStatus([this](const Status& status) {
    stream_statuses.push_back(status);
    fail();
  });
  publishTo({"a"});
  world.loop.runFor(10s);
  EXPECT_EQ(countOf(callback_failed), 1U);
  EXPECT_EQ(called, static_cast<int>(statuses.size() + stream_statuses.size()));
  EXPECT_EQ(find(callback_failed)->level, "error");
  EXPECT_THAT(find(callback_failed)->description, Not(HasSubstr("canary")));
  writeFrames(10);
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("a")).video.size(), 11U);
}

TEST_F(CallbackFailure, OfSetupRepliesAndEnds) {
  world.server("a");
  make();
  connection->connect({at("a")}, [this](SetupOutcome) { fail(); });
  stream.publish("key");
  world.loop.runFor(1s);
  connection->callRemote("who", [this](const Reply&) { fail(); });
  world.loop.runFor(1s);
  stream.onDrain([this] { fail(); });
  stream.finish([this] { fail(); });
  world.loop.runFor(1s);
  connection->ncClose([this] { fail(); });
  world.loop.runFor(1s);
  EXPECT_EQ(called, 4);
  EXPECT_GE(countOf(callback_failed), 3U);
}

TEST_F(CallbackFailure, OfACredentialsCallbackMeansThereAreNone) {
  SimulatedLogin login;
  login.user = "alice";
  world.server("a", {.login = login});
  ConnectOptions options;
  options.credentials = [this](ServerId, const std::string&) -> std::optional<Credentials> {
    fail();
    return {};
  };
  make(options);
  connect({at("a")});
  world.loop.runFor(5s);
  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->servers[0].error, HasSubstr("give the destination a user and a password"));
  EXPECT_EQ(countOf(callback_failed), 1U);
}

TEST_F(CallbackFailure, OfAMethodGoesToTheServerAndIsTold) {
  publishTo({"a"});
  connection->on("boom", [this](const Call&) {
    fail();
    return AmfValue();
  });
  world.loop.settle();
  for (int i = 0; i < 3; ++i) world.server("a").call("boom", {});
  world.loop.runFor(1s);
  ASSERT_EQ(world.server("a").answers.size(), 3U);
  for (const auto& answer : world.server("a").answers) EXPECT_FALSE(answer.ok);
  EXPECT_EQ(called, 3);
  EXPECT_EQ(countOf(callback_failed), 1U);
}

/// Throws in one of its methods.
class ThrowingSource final : public ScriptedVideo {
 public:
  explicit ThrowingSource(std::string where)
      : ScriptedVideo(where != "resume", 10'000, 10'000), where_(std::move(where)) {}
  bool live() const override {
    passOrThrow("live");
    return ScriptedVideo::live();
  }
  AmfObject properties() const override {
    passOrThrow("properties");
    return ScriptedVideo::properties();
  }
  void start(std::shared_ptr<FrameSink> to) override {
    passOrThrow("start");
    ScriptedVideo::start(std::move(to));
  }
  void resume() override {
    passOrThrow("resume");
    ScriptedVideo::resume();
  }
  void stop() override {
    ScriptedVideo::stop();
    passOrThrow("stop");
  }

 private:
  void passOrThrow(const std::string& method) const {
    if (method == where_) throw std::runtime_error("canary");
  }
  std::string where_;
};

class SourceFailure : public CallbackFailure, public testing::WithParamInterface<const char*> {};

TEST_P(SourceFailure, EndsItsTrackAlone) {
  world.server("a");
  make();
  const auto sound = std::make_shared<ScriptedAudio>(true, 100);
  stream.attachVideo(std::make_shared<ThrowingSource>(GetParam()));
  stream.attachAudio(sound);
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(3s);
  ASSERT_EQ(countOf("NetStream.Source.Failed"), 1U);
  EXPECT_EQ(find("NetStream.Source.Failed")->description, "The source threw an exception.");
  EXPECT_EQ(countOf("NetStream.Source.Complete"), 0U);
  ASSERT_TRUE(sound->sink);
  for (int i = 0; i < 10; ++i) sound->deliver();
  world.loop.runFor(1s);
  EXPECT_EQ(receivedBy(world.server("a")).audio.size(), 11U);
  stream.stop();
  stream.publish("again");
  world.loop.runFor(3s);
  EXPECT_EQ(countOf("NetStream.Source.Failed"), 2U) << "tried again with every publish";
}

INSTANTIATE_TEST_SUITE_P(In, SourceFailure, testing::Values("live", "properties", "start", "resume"),
                         [](const auto& method) { return std::string(method.param); });

TEST_F(CallbackFailure, OfASourceThatIsStoppedIsNoMatter) {
  world.server("a");
  make();
  stream.attachVideo(std::make_shared<ThrowingSource>("stop"));
  stream.publish("key");
  connect({at("a")});
  world.loop.runFor(1s);
  stream.attachVideo(nullptr);
  world.loop.runFor(1s);
  EXPECT_EQ(connection->stats()[0].state, ServerState::publishing);
  EXPECT_EQ(countOf("NetStream.Source.Failed"), 0U);
}

TEST_F(CallbackFailure, MayEndEverythingBefore) {
  publishTo({"a"});
  connection->on("bye", [this](const Call&) {
    connection.reset();
    fail();
    return AmfValue();
  });
  world.server("a").call("bye", {});
  world.loop.runFor(1s);
  EXPECT_EQ(called, 1);
  EXPECT_EQ(live_links, 0);
}

}  // namespace
}  // namespace multiconn::test
