// Numbers of peers, silence, and errors at the start.
#include <gmock/gmock.h>

#include "origin/origin_fixture.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;

TEST(Limits, PeersBeyondTheMostAreTurnedAway) {
  auto options = testOptions();
  options.max_connections = 2;
  const OriginServer server(options);
  RtmpTestClient first(server.port());
  auto second = std::make_unique<RtmpTestClient>(server.port());
  ASSERT_TRUE(first.connect() && second->connect());
  RawClient third(server.port());
  EXPECT_TRUE(third.waitClosed());
  EXPECT_EQ(statusOf(server).at("connections_refused").to_number<int>(), 1);
  second.reset();
  ASSERT_TRUE(eventually([&] { return connections(server) == 1; }));
  RtmpTestClient fourth(server.port());
  EXPECT_TRUE(fourth.connect());
}

TEST(Limits, SilentPeerIsPingedAndKeptWhenItAnswers) {
  auto options = testOptions();
  // Room for a client that gets no processor for a second.
  options.idle_timeout = 1500ms;
  const OriginServer server(options);
  RtmpTestClient client(server.port());
  ASSERT_TRUE(client.connect());
  EXPECT_TRUE(eventually([&] {
    client.step(20ms);
    return client.pings() >= 4;  // after 2 s: it would be gone had it not answered
  }));
  EXPECT_EQ(connections(server), 1);
}

TEST(Limits, SilentPeerIsClosedWhenItDoesNotAnswer) {
  auto options = testOptions();
  options.idle_timeout = 150ms;
  const OriginServer server(options);
  RtmpTestClient client(server.port(), {.answer_pings = false});
  ASSERT_TRUE(client.connect());
  EXPECT_TRUE(client.waitClosed());
}

TEST(Limits, PortThatIsTakenIsOneClearSentence) {
  const OriginServer server(testOptions());
  auto options = testOptions();
  options.port = server.port();
  const auto start = [&] { const OriginServer second(options); };
  EXPECT_THAT(start, testing::ThrowsMessage<std::runtime_error>(testing::AllOf(
                         testing::HasSubstr("cannot listen on"), testing::HasSubstr("in use"))));
  options.port = 0;
  options.http_port = server.port();
  EXPECT_THAT(start, testing::ThrowsMessage<std::runtime_error>(testing::HasSubstr("cannot listen on")));
}

TEST(Limits, OneServerMayListenAtSeveralAddresses) {
  auto options = testOptions();
  options.more_addresses = {{"127.0.0.1", 0}, {"127.0.0.1", 0}};
  const OriginServer server(options);
  const auto lines = server.listening();
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines.front(), "rtmp 127.0.0.1:" + std::to_string(server.port()));
  EXPECT_EQ(lines.back(), "http 127.0.0.1:" + std::to_string(*server.httpPort()));
  for (std::size_t i = 0; i < 3; ++i) {
    RtmpTestClient client(static_cast<std::uint16_t>(std::stoul(lines[i].substr(lines[i].rfind(':') + 1))));
    EXPECT_TRUE(client.connect()) << lines[i];
  }
}

TEST(Limits, WrongOptionsAreOneClearSentence) {
  const auto start = [](OriginOptions options) { const OriginServer server(std::move(options)); };
  auto options = testOptions();
  options.address = "localhost";
  EXPECT_THROW(start(options), std::runtime_error);
  options = testOptions();
  options.data_dir = "/proc/no/such/folder";
  EXPECT_THROW(start(options), std::runtime_error);
  options = testOptions();
  options.tls_certificate_file = "/no/such/file";
  EXPECT_THROW(start(options), std::runtime_error);
  options.tls_key_file = "/no/such/file";
  EXPECT_THROW(start(options), std::runtime_error);
}

}  // namespace
}  // namespace multiconn::test
