// A resolver that hangs, in a network namespace of its own with a name server that never answers.
#include <gtest/gtest.h>

#include <optional>

#include "net/link_factory.hpp"
#include "net/link_recorder.hpp"
#include "support/end_in_time.hpp"
#include "support/loop.hpp"
#include "support/own_namespace.hpp"
#include "support/rtmp_answerer.hpp"

namespace multiconn::net::test {
namespace {

using namespace std::chrono_literals;
using multiconn::test::end_deadline;
using multiconn::test::expectToEndInTime;

class MuteDns : public testing::Test {
 protected:
  std::unique_ptr<Link> opened(const std::string& host, std::uint16_t port, LinkRecorder& events) {
    auto link = makeLink(loop->scheduler(), target("rtmp", host, port));
    link->open(openingMessages(), events);
    return link;
  }

  std::optional<Loop> loop{std::in_place};
};

// The resolver would hang for a minute.
TEST_F(MuteDns, DelaysNeitherAnotherDestinationNorTheEnd) {
  if (!multiconn::test::inOwnNamespace()) return;
  multiconn::test::MuteNameServer dns;
  LinkRecorder named_events, numeric_events;
  {
    RtmpAnswerer server(loop->scheduler());
    const auto named = opened("edge9.example", server.port(), named_events);
    const auto numeric = opened("127.0.0.1", server.port(), numeric_events);
    EXPECT_TRUE(loop->until([&] { return numeric_events.opens == 1; }, 10s));
    EXPECT_TRUE(dns.waitAsked(10s));
    EXPECT_FALSE(named_events.ended());
  }
  expectToEndInTime([this] { loop.reset(); });
  EXPECT_FALSE(named_events.ended());
}

TEST_F(MuteDns, DelaysNoClose) {
  if (!multiconn::test::inOwnNamespace()) return;
  multiconn::test::MuteNameServer dns;
  for (const CloseMode mode : {CloseMode::graceful, CloseMode::abort}) {
    LinkRecorder events;
    const auto link = opened("edge9.example", 1935, events);
    ASSERT_TRUE(dns.waitAsked(10s));
    link->close(mode);
    ASSERT_TRUE(loop->until([&] { return events.ended(); }, end_deadline));
    EXPECT_FALSE(events.failures[0].code);
  }
}

}  // namespace
}  // namespace multiconn::net::test
