#include "net/name_lookup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "net/error.hpp"
#include "support/loop.hpp"

namespace multiconn::net::test {
namespace {

using testing::AnyOf;
using testing::Eq;

LookupResult lookUp(Loop& loop, const std::string& host) {
  std::optional<LookupResult> result;
  const NameLookup lookup(loop.scheduler(), host, 1935,
                          [&](LookupResult found) { result = std::move(found); });
  EXPECT_FALSE(result);  // nothing is told inside the call
  EXPECT_TRUE(loop.until([&] { return result.has_value(); }, std::chrono::seconds(60)));
  return result.value_or(LookupResult{});
}

TEST(NameLookup, TakesNumericAddressesAsTheyAre) {
  Loop loop;
  const LookupResult v4 = lookUp(loop, "127.0.0.1");
  ASSERT_EQ(v4.addresses.size(), 1u);
  EXPECT_EQ(v4.addresses[0].text(), "127.0.0.1 port 1935");
  const LookupResult v6 = lookUp(loop, "::1");
  ASSERT_EQ(v6.addresses.size(), 1u);
  EXPECT_EQ(v6.addresses[0].text(), "::1 port 1935");
  EXPECT_TRUE(v6.addresses[0].isIpv6());
}

TEST(NameLookup, FindsLocalhostWhateverInterfacesThereAre) {
  Loop loop;
  const LookupResult result = lookUp(loop, "localhost");
  ASSERT_FALSE(result.addresses.empty());
  EXPECT_EQ(result.addresses[0].port(), 1935);
}

TEST(NameLookup, NamesWhatItDidNotFind) {
  Loop loop;
  const LookupResult result = lookUp(loop, "no-such-host.invalid");  // RFC 6761 6.4: never exists
  EXPECT_TRUE(result.addresses.empty());
  // A machine without a DNS server cannot tell "no such name" from "no answer".
  EXPECT_THAT(result.failure.code, AnyOf(Eq(std::error_code(Error::name_not_found)),
                                         Eq(std::error_code(Error::name_lookup_failed))));
  EXPECT_THAT(result.failure.text, testing::HasSubstr("the name no-such-host.invalid"));
  EXPECT_FALSE(result.failure.final);
}

TEST(NameLookup, TellsNothingOnceForgotten) {
  Loop loop;
  bool told = false;
  {
    const NameLookup numeric(loop.scheduler(), "127.0.0.1", 1935, [&](const LookupResult&) { told = true; });
  }
  {
    const NameLookup name(loop.scheduler(), "localhost", 1935, [&](const LookupResult&) { told = true; });
  }
  EXPECT_EQ(lookUp(loop, "localhost").failure.code, std::error_code());
  EXPECT_FALSE(told);
}

TEST(NameLookup, MayOutliveTheLoopOfItsAsker) {
  for (int i = 0; i < 50; ++i) {
    Loop loop;
    const NameLookup lookup(loop.scheduler(), "localhost", 1935, [](const LookupResult&) { FAIL(); });
  }
}

}  // namespace
}  // namespace multiconn::net::test
