#include "program/endpoint.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "support/error_of.hpp"

namespace multiconn::tools {
namespace {

std::string parsed(std::string_view text, std::optional<std::uint16_t> default_port = {}) {
  const Endpoint endpoint = parseEndpoint(text, default_port);
  return endpoint.host + "|" + std::to_string(endpoint.port);
}

TEST(Endpoint, IsAnAddressAndAPort) {
  EXPECT_EQ(parsed("127.0.0.1:1935"), "127.0.0.1|1935");
  EXPECT_EQ(parsed("[::1]:1935"), "::1|1935");
  EXPECT_EQ(parsed("edge.example.com:0"), "edge.example.com|0");
  EXPECT_EQ(parsed(":1935"), "|1935");
  EXPECT_EQ(parsed("1935"), "|1935");
  EXPECT_EQ(parsed("*:1935"), "|1935");
}

TEST(Endpoint, MayLeaveThePortOutWhereThereIsADefault) {
  EXPECT_EQ(parsed("127.0.0.1", 1934), "127.0.0.1|1934");
  EXPECT_EQ(parsed("[::1]", 1934), "::1|1934");
  EXPECT_EQ(parsed("*", 1934), "|1934");
  EXPECT_EQ(parsed("127.0.0.1:7", 1934), "127.0.0.1|7");
}

TEST(Endpoint, IsRefusedInOneSentence) {
  for (const char* const text : {"", "a", "::1", "::1:1935", "[::1", "[::1]", "[::1]1935", "a:", "a:65536",
                                 "a:-1", "a:19x", "65536", "a: 1"})
    EXPECT_THROW(parseEndpoint(text), std::invalid_argument) << text;
}

TEST(Listener, HasANumericHostOrNone) {
  EXPECT_EQ(parseListener("--listen", "[::1]:1935").host, "::1");
  EXPECT_EQ(parseListener("--listen", "1935").host, "");
  EXPECT_EQ(test::errorOf([] { parseListener("--listen", "edge.example.com:0"); }),
            "--listen: \"edge.example.com\" is not a numeric address");
  EXPECT_EQ(test::errorOf([] { parseListener("--udp", "65536"); }).rfind("--udp: \"65536\" is not ", 0), 0U);
}

}  // namespace
}  // namespace multiconn::tools
