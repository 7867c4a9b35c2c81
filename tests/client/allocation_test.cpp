// What a frame costs in allocations, tasks and system calls, beside the number of servers it goes to.
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <vector>

#include <multiconn/asio.hpp>
#include <multiconn/multiconn.hpp>

#include "client/counted_calls.hpp"
#include "client/local_server.hpp"
#include "net/counted_allocations.hpp"
#include "net/tls_context.hpp"
#include "support/certificates.hpp"
#include "support/media_frames.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

enum class Scheme : std::uint8_t { rtmp, rtmps };

/// What this thread did.
struct Cost {
  std::size_t allocations = SIZE_MAX;  // operator new
  std::size_t of_openssl = SIZE_MAX;
  std::size_t writes = SIZE_MAX;

  static Cost soFar() {
    return {net::test::allocationCountHere(), opensslAllocationCountHere(), writeCountHere()};
  }
  Cost operator-(const Cost& earlier) const {
    return {allocations - earlier.allocations, of_openssl - earlier.of_openssl, writes - earlier.writes};
  }
  Cost atMost(const Cost& other) const {
    return {std::min(allocations, other.allocations), std::min(of_openssl, other.of_openssl),
            std::min(writes, other.writes)};
  }
};

constexpr std::uint32_t frames = 6;  // in a run; the first is a keyframe
// In two chunks, and less than what a connection over loopback takes at once.
constexpr std::size_t keyframe_size = 70'000;

/// A broadcast on this thread, to servers on others.
class Broadcasting {
 public:
  explicit Broadcasting(std::size_t count, Scheme scheme = Scheme::rtmp) : servers_(count) {
    if (scheme == Scheme::rtmps) authority_.emplace();
    std::vector<Destination> destinations;
    for (auto& server : servers_) {
      server = std::make_unique<LocalServer>(certificate());
      destinations.push_back({server->url()});
      if (authority_)
        destinations.back().tls = TlsOptions{.ca_file = authority_->caFile(), .insecure = false};
    }
    stream_.onStatus([this](const Status& status) {
      if (status.code == "NetStream.Publish.Start") ++started_;
    });
    stream_.publish("key");
    connection_.connect(std::move(destinations));
    until([&] { return started_ == servers_.size(); });
    stream_.writeVideo(videoConfig());
    stream_.writeAudio(audioConfig());
  }

  /// A run of pictures, each together with its sound.
  Cost run() {
    const Cost before = Cost::soFar();
    for (std::uint32_t i = 0; i < frames; ++i) {
      writePicture();
      writeSound();
      context_.poll();
    }
    const Cost cost = Cost::soFar() - before;
    until([&] { return arrived(); });
    return cost;
  }

  /// Tasks of one picture and its sound, which come together.
  std::size_t tasksOfTwoFrames() {
    settle();
    writePicture();
    writeSound();
    const std::size_t count = context_.poll();
    until([&] { return arrived(); });
    return count;
  }

  /// System calls that write one picture and its sound.
  std::size_t writesOfTwoFrames(bool together) {
    settle();
    const Cost before = Cost::soFar();
    writePicture();
    if (!together) settle();
    writeSound();
    settle();
    const Cost cost = Cost::soFar() - before;
    until([&] { return arrived(); });
    return cost.writes;
  }

 private:
  std::shared_ptr<const net::TlsContext> certificate() const {
    if (!authority_) return nullptr;
    const CertificateFiles files = authority_->issue("server", "IP:127.0.0.1");
    return net::TlsContext::server(files.certificate, files.key).context;
  }
  void writePicture() {
    const bool key = pictures_ % frames == 0;
    stream_.writeVideo(video(key ? FrameKind::key : FrameKind::inter, pictures_, 33ms * pictures_,
                             key ? keyframe_size : 2000));
    ++pictures_;
  }
  void writeSound() {
    stream_.writeAudio(audio(sounds_, 33ms * sounds_));
    ++sounds_;
  }
  void settle() {
    while (context_.poll() > 0) {
    }
  }
  bool arrived() const {
    return std::ranges::all_of(servers_, [this](const auto& server) {
      return server->pictures() == pictures_ + 1;  // the codec record is one
    });
  }
  template <typename Condition>
  void until(Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    while (!condition() && std::chrono::steady_clock::now() < deadline) context_.run_for(1ms);
    EXPECT_TRUE(condition());
  }

  std::optional<TestAuthority> authority_;
  boost::asio::io_context context_;
  Runtime runtime_ = makeRuntime(context_);
  std::vector<std::unique_ptr<LocalServer>> servers_;
  MultiConnection connection_{runtime_};
  NetStream stream_ = connection_.setNetStreams();
  std::size_t started_ = 0;
  std::uint32_t pictures_ = 0;
  std::uint32_t sounds_ = 0;
};

// The least of many runs: some meet what is due ten times a second, or an acknowledgement.
Cost leastCost(std::size_t count, Scheme scheme) {
  constexpr int runs = 100;
  Broadcasting broadcasting(count, scheme);
  Cost least;
  for (int i = 0; i < runs; ++i) least = least.atMost(broadcasting.run());
  return least;
}

constexpr std::size_t servers = 16;

// One allocation for each further server in a whole run would be too many already.
void expectNoMoreAllocations(const Cost& of_many, const Cost& of_one) {
  EXPECT_LT(of_many.allocations, of_one.allocations + servers - 1);
}

TEST(BroadcastAllocations, DoNotGrowWithTheNumberOfServers) {
  expectNoMoreAllocations(leastCost(servers, Scheme::rtmp), leastCost(1, Scheme::rtmp));
}

TEST(BroadcastAllocations, OfTlsAreOpenSslsOwnForEachRecord) {
  const Cost of_many = leastCost(servers, Scheme::rtmps);
  const Cost of_one = leastCost(1, Scheme::rtmps);
  expectNoMoreAllocations(of_many, of_one);
  EXPECT_EQ(of_one.writes, 5 + 1 + 5) << "records: of the keyframe, of its sound, of the others with theirs";
  EXPECT_EQ(of_many.writes, servers * of_one.writes);
  // As OpenSSL 3.0 does; one is the buffer, which it gives back after each record.
  EXPECT_GE(of_many.of_openssl, of_many.writes) << "not counted";
  EXPECT_LE(of_many.of_openssl, 4 * of_many.writes);
}

// The least again: a picture may meet the timers.
template <typename Count>
std::size_t leastOf(std::size_t count, Scheme scheme, Count cost) {
  constexpr int pictures = 60;
  Broadcasting broadcasting(count, scheme);
  std::size_t least = SIZE_MAX;
  for (int i = 0; i < pictures; ++i) least = std::min<std::size_t>(least, cost(broadcasting));
  return least;
}

TEST(BroadcastTasks, AreOneForFramesThatComeTogetherHoweverManyServers) {
  const auto tasks = [](Broadcasting& broadcasting) { return broadcasting.tasksOfTwoFrames(); };
  EXPECT_EQ(leastOf(1, Scheme::rtmp, tasks), 1);
  EXPECT_EQ(leastOf(servers, Scheme::rtmp, tasks), 1);
}

TEST(BroadcastWrites, AreOneForEachServerAndFrame) {
  const auto apart = [](Broadcasting& broadcasting) { return broadcasting.writesOfTwoFrames(false); };
  EXPECT_EQ(leastOf(servers, Scheme::rtmp, apart), 2 * servers);
  EXPECT_EQ(leastOf(servers, Scheme::rtmps, apart), 2 * servers);
}

TEST(BroadcastWrites, AreOneForEachServerOfFramesThatComeTogether) {
  const auto together = [](Broadcasting& broadcasting) { return broadcasting.writesOfTwoFrames(true); };
  EXPECT_EQ(leastOf(servers, Scheme::rtmp, together), servers);
  EXPECT_EQ(leastOf(servers, Scheme::rtmps, together), servers);
}

}  // namespace
}  // namespace multiconn::test
