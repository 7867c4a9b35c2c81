// What there is without the librtmp engine.
#include "net/link_factory.hpp"

#include <gtest/gtest.h>

#include "net/error.hpp"
#include "net/link_recorder.hpp"
#include "support/loop.hpp"

namespace multiconn::net::test {
namespace {

LinkFailure failureOf(const std::string& scheme, LinkEngine engine) {
  Loop loop;
  LinkRecorder events;
  LinkTarget to = target(scheme, "127.0.0.1", 1935);
  to.engine = engine;
  const auto link = makeLink(loop.scheduler(), to);
  link->open(openingMessages(), events);
  EXPECT_FALSE(events.ended());  // not inside the call
  EXPECT_TRUE(loop.until([&] { return events.ended(); }));
  EXPECT_EQ(events.failures[0].code, Error::unsupported_scheme);
  EXPECT_TRUE(events.failures[0].final);
  return events.failures[0];
}

TEST(LinkFactory, SaysThatAnEngineIsMissing) {
  for (const std::string scheme : {"rtmpe", "rtmpte"}) {
    EXPECT_EQ(failureOf(scheme, LinkEngine::automatic).text,
              scheme + "://" + " needs the librtmp engine: link multiconn::librtmp and call useLibrtmp()");
    EXPECT_EQ(failureOf(scheme, LinkEngine::native).text,
              "the native engine does not speak " + scheme + "://");
  }
  EXPECT_EQ(failureOf("rtmp", LinkEngine::librtmp).text,
            "asking for rtmp:// over librtmp needs the librtmp engine: link multiconn::librtmp and call "
            "useLibrtmp()");
}

TEST(LinkFactory, SaysThatASchemeIsUnknown) {
  EXPECT_EQ(failureOf("rtmfp", LinkEngine::automatic).text, "no engine here speaks rtmfp://");
  EXPECT_EQ(failureOf("rtmfp", LinkEngine::librtmp).text, "no engine here speaks rtmfp://");
}

}  // namespace
}  // namespace multiconn::net::test
