// What the log says of clients whose connection ends because they break the protocol.
#include <gmock/gmock.h>

#include <condition_variable>
#include <mutex>

#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using testing::HasSubstr;
using testing::Not;

class ProtocolError : public testing::Test {
 protected:
  OriginOptions options() {
    auto options = testOptions();
    options.log = [this](OriginLogLevel level, const std::string& line) {
      if (line.find(" left: ") == std::string::npos) return;
      const std::lock_guard lock(mutex_);
      left_.emplace(level, line);
      said_.notify_all();
    };
    return options;
  }
  /// The line about the one client's end, and its level.
  std::pair<OriginLogLevel, std::string> waitLeft() {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(said_.wait_for(lock, RawClient::default_wait, [&] { return left_.has_value(); }));
    return left_.value_or(std::pair(OriginLogLevel::debug, std::string()));
  }

 private:
  std::mutex mutex_;
  std::condition_variable said_;
  std::optional<std::pair<OriginLogLevel, std::string>> left_;

 protected:
  OriginServer server{options()};
};

TEST_F(ProtocolError, OfAPublisherIsAWarningWithTheReason) {
  RtmpTestClient client(server.port());
  ASSERT_TRUE(client.connect() && client.publish("canary-key"));
  client.sendVideo(0, videoFrame(true, 1, rtmp::Limits().max_media_message + 1));
  const auto [level, line] = waitLeft();
  EXPECT_EQ(level, OriginLogLevel::warning);
  EXPECT_THAT(line,
              HasSubstr("the client broke the protocol: a message is larger than the limit for its type"));
  EXPECT_THAT(line, Not(HasSubstr("canary")));
}

TEST_F(ProtocolError, OfAStrangerIsForDebugging) {
  RawClient stranger(server.port());
  stranger.send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(waitLeft().first, OriginLogLevel::debug);
}

TEST_F(ProtocolError, NoneIsAConnectionThatIsReset) {
  RtmpTestClient client(server.port());
  ASSERT_TRUE(client.connect());
  client.reset();
  EXPECT_EQ(waitLeft().first, OriginLogLevel::debug);
}

}  // namespace
}  // namespace multiconn::test
