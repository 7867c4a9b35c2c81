// Many threads: on one MultiConnection, and behind it. Over real sockets; meant for ThreadSanitizer.
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <multiconn/asio.hpp>

#include "client/scripted_source.hpp"
#include "client/threads_fixture.hpp"
#include "support/media_frames.hpp"

namespace multiconn::test {
namespace {

/// A broadcast, and a thread for each kind of thing that can be done with it.
class Crowd : public testing::Test {
 protected:
  void begin() {
    stream.onStatus([&](const Status& status) {
      if (status.code == "NetStream.Publish.Start") publishing.set();
    });
    connection->connect({to(server)});
    stream.publish("key");
    ASSERT_TRUE(publishing.wait());
  }
  /// Each so many times.
  void spawnAll(std::uint32_t rounds) {
    rounds_ = rounds;
    spawnFrames();
    spawnQuestions();
    spawnPublishing();
    spawnServers();
    spawnCallbacks();
    spawnSources();
  }
  void join() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }

  LocalServer server, other;
  Event publishing;
  Runtime runtime;
  std::optional<MultiConnection> connection{std::in_place, runtime};
  NetStream stream = connection->setNetStreams();

 private:
  void spawn(std::function<void(std::uint32_t)> work) {
    threads_.emplace_back([rounds = rounds_, work = std::move(work)] {
      const auto until = std::chrono::steady_clock::now() + deadline;
      for (std::uint32_t i = 0; i < rounds && std::chrono::steady_clock::now() < until; ++i) {
        work(i);
        std::this_thread::yield();
      }
    });
  }
  void spawnFrames() {
    spawn([this](std::uint32_t i) { stream.writeVideo(video(FrameKind::key, i, 40ms * i)); });
    spawn([this](std::uint32_t i) { stream.writeAudio(audio(i, 40ms * i)); });
    spawn([this](std::uint32_t i) { stream.metadata({{"n", i}}); });
    spawn([this](std::uint32_t i) { stream.send("n", {i}); });
  }
  void spawnQuestions() {
    spawn([this](std::uint32_t) { (void)(stream.queued() + connection->stats().size()); });
    spawn([this](std::uint32_t) { (void)(stream.time() + connection->nsTime()); });
    spawn([this](std::uint32_t i) { connection->callRemote("n", [](const Reply&) {}, {}, {i}); });
  }
  // Rarely enough that never more streams are asked for at once than a server lets one connection have (64).
  void spawnPublishing() {
    spawn([this](std::uint32_t i) {
      if (i % 50 == 0) stream.publish("key");
      if (i % 50 == 25) stream.close();
    });
    spawn([this](std::uint32_t i) {
      if (i % 50 == 20) stream.publish("key");
      if (i % 50 == 45) stream.stop();
    });
    spawn([this](std::uint32_t) { stream.finish([] {}); });
    spawn([this](std::uint32_t i) { stream.live(i % 2 == 0); });
    spawn([this](std::uint32_t i) { stream.bufferTime(1ms * i); });
  }
  void spawnServers() {
    spawn([this, id = ServerId{}](std::uint32_t i) mutable {
      if (i % 20 == 0) id = connection->add(to(other));
      if (i % 20 == 10) connection->remove(id);
    });
    spawn([this](std::uint32_t) { connection->connect({to(other)}, [](const SetupOutcome&) {}); });
  }
  void spawnCallbacks() {
    spawn([this](std::uint32_t i) { connection->on("n", [i](const Call&) { return AmfValue(i); }); });
    spawn([this](std::uint32_t) { connection->onStatus([](const Status&) {}); });
    spawn([this](std::uint32_t) { connection->nsStatus([](const Status&) {}); });
    spawn([this](std::uint32_t) { stream.onDrain([] {}); });
    spawn([this](std::uint32_t) { stream.onBandwidth([](const Bandwidth&) {}); });
  }
  void spawnSources() {
    spawn([this](std::uint32_t i) {
      stream.attachVideo(i % 2 == 0 ? std::make_shared<ScriptedVideo>(i % 4 == 0, 10) : nullptr);
    });
    spawn([this](std::uint32_t i) {
      stream.attachAudio(i % 2 == 0 ? std::make_shared<ScriptedAudio>(i % 4 == 0, 10) : nullptr);
    });
  }

  std::uint32_t rounds_ = 0;
  std::vector<std::thread> threads_;
};

// So many times that each has met all the others.
TEST_F(Crowd, EveryMethodFromEveryThread) {
  begin();
  spawnAll(1000);
  join();
  Event again;
  stream.close();
  stream.onStatus([&](const Status& status) {
    if (status.code == "NetStream.Publish.Start") again.set();
  });
  stream.publish("key");
  EXPECT_TRUE(again.wait()) << "it still works";
  connection.reset();
}

TEST_F(Crowd, EveryMethodWhileItCloses) {
  begin();
  spawnAll(200);
  Event closed;
  connection->ncClose([&] { closed.set(); });
  EXPECT_TRUE(closed.wait());
  join();
  connection.reset();
}

/// A Runtime on an io_context that four threads run, for as long as there is something to do.
class SharedContext {
 public:
  SharedContext() {
    for (std::thread& thread : threads_) thread = std::thread([this] { context_.run(); });
  }
  ~SharedContext() {
    work_.reset();
    for (std::thread& thread : threads_) thread.join();
  }
  SharedContext(const SharedContext&) = delete;
  SharedContext& operator=(const SharedContext&) = delete;
  Runtime& runtime() { return runtime_; }

 private:
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{context_.get_executor()};
  Runtime runtime_ = makeRuntime(context_);
  std::array<std::thread, 4> threads_;
};

/// A MultiConnection whose callbacks look out for each other.
class Guarded {
 public:
  Guarded(Runtime& runtime, const LocalServer& server) : connection_(std::in_place, runtime) {
    connection_->onStatus([this](const Status&) { look(); });
    stream_.onStatus([this](const Status&) { look(); });
    stream_.onDrain([this] { look(); });
    connection_->connect({to(server)}, [this](const SetupOutcome&) { look(); });
    stream_.publish("key");
  }
  /// A callback that ends only when one of `other` has begun.
  void meet(Guarded& other) {
    const auto wait = [this, &other] {
      inside_.set();
      EXPECT_TRUE(other.inside_.wait()) << "each has a strand of its own";
    };
    connection_->callRemote(
        "any", [this, wait](const Reply&) { look(wait); }, ServerId{77});
  }
  /// From any thread, at any time.
  void ask(std::uint32_t i) {
    stream_.finish([this] { look(); });
    if (i % 10 == 0) stream_.publish("key");
    stream_.writeVideo(video(FrameKind::key, i, 40ms * i));
  }
  bool waitForMany() { return many_.wait(); }
  void destroy() {
    connection_.reset();
    gone_ = true;
    EXPECT_EQ(calls_, counted_.load());
  }

 private:
  void look(const std::function<void()>& meanwhile = std::this_thread::yield) {
    EXPECT_FALSE(gone_);
    EXPECT_EQ(++running_, 1);
    meanwhile();
    --running_;
    ++counted_;
    if (++calls_ == 50) many_.set();
  }

  std::atomic<bool> gone_ = false;
  std::atomic<int> running_ = 0;
  std::atomic<std::uint32_t> counted_ = 0;
  std::uint32_t calls_ = 0;  // as an application counts that takes the promise at its word
  Event many_, inside_;
  std::optional<MultiConnection> connection_;
  NetStream stream_ = connection_->setNetStreams();
};

/// Threads go on asking meanwhile.
void destroyBoth(Guarded& one, Guarded& two) {
  std::vector<std::thread> askers;
  for (Guarded* const asked : {&one, &two, &one, &two})
    askers.emplace_back([asked] {
      for (std::uint32_t i = 0; i < 100; ++i) asked->ask(i);
    });
  EXPECT_TRUE(one.waitForMany());
  EXPECT_TRUE(two.waitForMany());
  one.destroy();
  two.destroy();
  for (std::thread& asker : askers) asker.join();
}

TEST(ThreadsOfTheApplication, CallbacksNeverOverlapAndNoneComesAfterTheEnd) {
  const LocalServer first, second;
  for (int round = 0; round < 5; ++round) {
    std::vector<std::unique_ptr<Guarded>> pair;  // outlives the threads
    SharedContext shared;
    for (const LocalServer* const server : {&first, &second})
      pair.push_back(std::make_unique<Guarded>(shared.runtime(), *server));
    pair[0]->meet(*pair[1]);
    pair[1]->meet(*pair[0]);
    destroyBoth(*pair[0], *pair[1]);
  }
}

// What a MultiConnection has left to do is done where the context is run, also after its Runtime's end.
TEST(ThreadsOfTheApplication, ARuntimeMayEndBeforeItsContextHasRun) {
  const LocalServer server;
  boost::asio::io_context context;
  {
    Runtime runtime = makeRuntime(context);
    MultiConnection connection(runtime);
    connection.connect({to(server)});
    BalancerClient balancer(runtime);
    balancer.find({.balancers = {"http://127.0.0.1:1/loadbalancer"}}, [](const BalancerReply&) { FAIL(); });
  }
  context.run_for(std::chrono::seconds(20));
  EXPECT_TRUE(context.stopped());
}

}  // namespace
}  // namespace multiconn::test
