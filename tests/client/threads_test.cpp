// The promises about threads, over real sockets and a real thread; meant to be run under ThreadSanitizer too.
#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <multiconn/asio.hpp>
#include <multiconn/multiconn.hpp>

#include "client/threads_fixture.hpp"
#include "support/media_frames.hpp"

namespace multiconn::test {
namespace {

TEST(Threads, PublishesToTwoServersAndFinishes) {
  LocalServer first, second;
  Runtime runtime;
  MultiConnection connection(runtime);
  NetStream stream = connection.setNetStreams();
  Event connected, publishing, finished;
  std::atomic<int> started = 0;
  stream.onStatus([&](const Status& status) {
    if (status.code == "NetStream.Publish.Start" && ++started == 2) publishing.set();
  });
  stream.publish("key");
  connection.connect({to(first), to(second)}, [&](const SetupOutcome& outcome) {
    EXPECT_TRUE(outcome.success);
    connected.set();
  });
  ASSERT_TRUE(connected.wait());
  ASSERT_TRUE(publishing.wait());
  EXPECT_TRUE(stream.writeVideo(videoConfig()));
  for (std::uint32_t i = 0; i < 200; ++i)
    stream.writeVideo(video(i % 25 == 0 ? FrameKind::key : FrameKind::inter, i, 40ms * i, 5'000));
  stream.finish([&] { finished.set(); });
  ASSERT_TRUE(finished.wait());
  EXPECT_EQ(first.pictures(), 201U);
  EXPECT_EQ(second.pictures(), 201U);
}

TEST(Threads, CallbacksNeverOverlapAndNeverRunInsideTheCall) {
  LocalServer server;
  Runtime runtime;
  MultiConnection connection(runtime);
  std::atomic<int> inside = 0;
  std::atomic<int> calls = 0;
  Event enough;
  const std::thread::id caller = std::this_thread::get_id();
  const auto check = [&] {
    EXPECT_EQ(++inside, 1);
    EXPECT_NE(std::this_thread::get_id(), caller);
    std::this_thread::yield();
    --inside;
    if (++calls == 8) enough.set();
  };
  NetStream stream = connection.setNetStreams();
  connection.onStatus([&](const Status&) { check(); });
  stream.onStatus([&](const Status&) { check(); });
  stream.onDrain(check);
  connection.connect({to(server)}, [&](const SetupOutcome&) { check(); });
  stream.publish("key");
  for (int i = 0; i < 8; ++i) stream.finish(check);
  EXPECT_TRUE(enough.wait());
}

TEST(Threads, TheDestructorMayBeCalledFromInsideACallback) {
  LocalServer server;
  Runtime runtime;
  auto connection = std::make_unique<MultiConnection>(runtime);
  Event gone;
  std::atomic<int> after = 0;
  connection->onStatus([&](const Status& status) {
    if (!connection) ++after;
    if (status.code != "NetConnection.Connect.Success") return;
    connection.reset();
    gone.set();
  });
  connection->connect({to(server)}, [&](const SetupOutcome&) { ++after; });
  ASSERT_TRUE(gone.wait());
  // Another one on the same thread: what was under way for the first has come by before its answer does.
  MultiConnection second(runtime);
  Event answered;
  second.connect({to(server)}, [&](const SetupOutcome&) { answered.set(); });
  ASSERT_TRUE(answered.wait());
  EXPECT_EQ(after, 0);
}

// The callback goes on only after the destructor has begun, which nothing but the refusal of frames shows.
TEST(Threads, TheDestructorWaitsForARunningCallback) {
  Runtime runtime;
  auto connection = std::make_unique<MultiConnection>(runtime);
  NetStream stream = connection->setNetStreams();
  stream.publish("key");
  Event inside;
  std::atomic<bool> finished = false;
  connection->connect({}, [&](const SetupOutcome&) {
    inside.set();
    const auto until = std::chrono::steady_clock::now() + deadline;
    while (stream.writeVideo(videoConfig()) && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    for (int i = 0; i < 1000; ++i) std::this_thread::yield();
    finished = true;
  });
  ASSERT_TRUE(inside.wait());
  connection.reset();
  EXPECT_TRUE(finished);
}

TEST(Threads, HandlesMayBeUsedWhileEverythingGoes) {
  for (int round = 0; round < 20; ++round) {
    NetStream stream;
    std::atomic<bool> stop = false;
    std::thread writer;
    {
      Runtime runtime;
      MultiConnection connection(runtime);
      stream = connection.setNetStreams();
      writer = std::thread([&stop, copy = stream]() mutable {
        for (std::uint32_t i = 0; !stop; ++i) {
          copy.writeVideo(video(FrameKind::key, i, 40ms * i));
          copy.publish("key");
          (void)copy.queued();
        }
      });
      connection.connect({{"rtmp://127.0.0.1:1/live", {}, {}}});
      std::this_thread::yield();
    }
    stop = true;
    writer.join();
    EXPECT_FALSE(stream.writeVideo(video(FrameKind::key, 0, 0ms)));
  }
}

TEST(Threads, TheRuntimeLetsClosingConnectionsSayGoodbye) {
  LocalServer server;
  {
    Runtime runtime;
    MultiConnection connection(runtime);
    Event publishing;
    connection.nsStatus([&](const Status& status) {
      if (status.code == "NetStream.Publish.Start") publishing.set();
    });
    connection.publish("key");
    connection.connect({to(server)});
    ASSERT_TRUE(publishing.wait());
  }
  EXPECT_EQ(server.commands("FCUnpublish"), 1U);
  EXPECT_EQ(server.commands("deleteStream"), 1U);
}

TEST(AsioHeader, ConnectAsAFuture) {
  LocalServer server;
  Runtime runtime;
  MultiConnection connection(runtime);
  std::vector<Destination> list{to(server)};
  std::future<SetupOutcome> outcome = asyncConnect(connection, list, boost::asio::use_future);
  ASSERT_EQ(outcome.wait_for(deadline), std::future_status::ready);
  EXPECT_TRUE(outcome.get().success);
}

TEST(AsioHeader, CallRemoteAsAFuture) {
  LocalServer server;
  Runtime runtime;
  ConnectOptions options;
  options.call_timeout = 50ms;  // this server answers no calls
  MultiConnection connection(runtime, options);
  std::vector<Destination> list{to(server)};
  ASSERT_TRUE(asyncConnect(connection, list, boost::asio::use_future).get().success);
  std::vector<AmfValue> arguments{1};
  std::future<Reply> reply =
      asyncCallRemote(connection, "unknown", ServerId{}, arguments, boost::asio::use_future);
  ASSERT_EQ(reply.wait_for(deadline), std::future_status::ready);
  EXPECT_EQ(reply.get().status.code, "NetConnection.Call.TimedOut");
  std::future<Reply> none =
      asyncCallRemote(connection, "unknown", ServerId{7}, arguments, boost::asio::use_future);
  ASSERT_EQ(none.wait_for(deadline), std::future_status::ready);
  EXPECT_EQ(none.get().server, ServerId{7});
}

boost::asio::awaitable<void> connectAndClose(Runtime& runtime, std::vector<Destination> list, bool& success) {
  MultiConnection connection(runtime);
  const SetupOutcome outcome = co_await asyncConnect(connection, list, boost::asio::use_awaitable);
  success = outcome.success;
}

TEST(AsioHeader, CoAwaitOnTheCallersOwnContext) {
  LocalServer server;
  boost::asio::io_context context;
  Runtime runtime = makeRuntime(context);
  bool success = false;
  const std::vector<Destination> list{to(server)};
  boost::asio::co_spawn(context, connectAndClose(runtime, list, success), boost::asio::detached);
  context.run_for(deadline);
  EXPECT_TRUE(success);
  EXPECT_TRUE(context.stopped()) << "nothing is left to do once it is closed";
}

TEST(AsioHeader, AContextThatIsNotRunAnyMoreLeavesNothingBehind) {
  LocalServer server;
  std::weak_ptr<bool> held;
  {
    boost::asio::io_context context;
    Runtime runtime = makeRuntime(context);
    {
      MultiConnection connection(runtime);
      const auto answered = std::make_shared<bool>(false);
      held = answered;
      connection.onStatus([answered](const Status&) {});
      connection.connect({to(server)}, [answered](const SetupOutcome&) { *answered = true; });
      const auto give_up = std::chrono::steady_clock::now() + deadline;
      while (!*answered && context.run_one_until(give_up) > 0) continue;
      ASSERT_TRUE(*answered);
    }
    context.poll_one();
  }
  EXPECT_TRUE(held.expired());
}

}  // namespace
}  // namespace multiconn::test
