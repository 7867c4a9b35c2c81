// What a session's thread holds for an application that does not take it.
#include "librtmp/worker.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <thread>

#include "net/peer.hpp"
#include "support/gathered.hpp"

namespace multiconn::librtmp::test {
namespace {

using namespace std::chrono_literals;
using multiconn::test::Gathered;
using net::test::Peer;
using net::test::video;

// The inbox, a message beyond it, and what both ends of the socket pair hold.
constexpr std::size_t held_at_most = 3 * 1024 * 1024;
constexpr std::size_t inbox = 1024 * 1024;

/// A Worker, and the server at the other end of its socket.
class WorkerInbox : public testing::Test {
 protected:
  WorkerInbox() {
    std::array<int, 2> pair{-1, -1};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()), 0);
    socket.reset(pair[0]);
    worker.emplace(Worker::Start{net::Socket(pair[1]),
                                 net::Socket(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
                                 false,
                                 rtmp::Limits{},
                                 {}},
                   [this] { told.add(true); });
    while (!opened && listen(20s)) say(server.says());
  }
  ~WorkerInbox() override { socket.reset(); }

  /// Takes in what the worker sends; false: nothing in this time.
  bool listen(std::chrono::milliseconds time) {
    std::array<std::byte, 64 * 1024> buffer;
    if (!ready(POLLIN, time)) return false;
    const ssize_t size = ::recv(socket.descriptor(), buffer.data(), buffer.size(), 0);
    if (size <= 0) return false;
    server.take(rtmp::BytesView(buffer).first(static_cast<std::size_t>(size)));
    opened = !server.all<rtmp::SetChunkSize>().empty();
    return true;
  }
  void say(const rtmp::Bytes& bytes) {
    unsaid.insert(unsaid.end(), bytes.begin(), bytes.end());
    push(20s);
  }
  /// Sends what waits, until the worker has taken nothing for this long. How much it took.
  std::size_t push(std::chrono::milliseconds patience) {
    std::size_t all = 0;
    while (!unsaid.empty() && ready(POLLOUT, patience)) {
      const ssize_t size =
          ::send(socket.descriptor(), unsaid.data(), unsaid.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size < 0 && errno != EAGAIN) break;
      all += static_cast<std::size_t>(std::max<ssize_t>(size, 0));
      unsaid.erase(unsaid.begin(), unsaid.begin() + std::max<ssize_t>(size, 0));
    }
    return all;
  }
  /// Sends until the worker, whose inbox is full, takes no more. How much it took.
  std::size_t fill() {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    std::size_t all = push(500ms);
    while (all <= inbox && std::chrono::steady_clock::now() < deadline) all += push(500ms);
    return all;
  }
  bool ready(short events, std::chrono::milliseconds time) const {
    pollfd entry{socket.descriptor(), events, 0};
    return ::poll(&entry, 1, static_cast<int>(time.count())) > 0;
  }
  void flood(std::size_t messages, std::size_t size) {
    for (std::uint32_t i = 0; i < messages; ++i) {
      const rtmp::Bytes bytes = server.composed(video(size, i));
      unsaid.insert(unsaid.end(), bytes.begin(), bytes.end());
    }
  }
  /// Everything up to this many messages, none missing and none twice, while the server goes on. What one
  /// take() gave at most.
  std::size_t takeAll(std::size_t messages) {
    std::thread rest([this] { push(20s); });
    std::size_t most = 0;
    std::uint32_t next = 0;
    for (std::size_t news_count = 1; next < messages && told.waitForCount(news_count); ++news_count) {
      std::size_t bytes = 0;
      for (const rtmp::Message& message : worker->take().messages) {
        const auto* picture = std::get_if<rtmp::Video>(&message.body);
        if (!picture) continue;
        EXPECT_EQ(message.timestamp, next++);
        bytes += picture->body->size();
      }
      most = std::max(most, bytes);
    }
    rest.join();
    EXPECT_EQ(next, messages);
    return most;
  }

  Gathered<bool> told;
  net::Socket socket;
  Peer server;
  bool opened = false;
  rtmp::Bytes unsaid;
  std::optional<Worker> worker;
};

TEST_F(WorkerInbox, IsBoundedByBytesAndTheFloodGoesOnOnceItIsTaken) {
  ASSERT_TRUE(opened);
  constexpr std::size_t messages = 60, size = 200'000;
  flood(messages, size);
  const std::size_t taken = fill();
  EXPECT_LT(taken, held_at_most);
  EXPECT_GT(taken, inbox);
  EXPECT_LT(takeAll(messages), inbox + size);
}

TEST_F(WorkerInbox, IsBoundedByMessages) {
  ASSERT_TRUE(opened);
  constexpr std::size_t messages = 10'000, size = 200;
  flood(messages, size);
  push(500ms);
  EXPECT_FALSE(unsaid.empty());
  EXPECT_LE(takeAll(messages), 64 * size);
}

TEST_F(WorkerInbox, WhenFullDoesNotKeepUsFromSending) {
  ASSERT_TRUE(opened);
  flood(60, 200'000);
  fill();
  worker->send(video(1'000'000));
  while (server.all<rtmp::Video>().empty() && listen(20s)) {
  }
  EXPECT_EQ(server.all<rtmp::Video>().size(), 1U);
}

// Otherwise the destructor would wait for ever: nobody takes what is in it.
TEST_F(WorkerInbox, WhenFullDoesNotHoldUpTheEnd) {
  ASSERT_TRUE(opened);
  flood(60, 200'000);
  fill();
  socket.reset();
  worker.reset();
}

}  // namespace
}  // namespace multiconn::librtmp::test
