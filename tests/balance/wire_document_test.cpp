// docs/wire-balancer.md promises these bytes to those who write agents of their own. They were computed with
// Node.js's crypto module, by the function that stands in that document.
#include <gtest/gtest.h>

#include <algorithm>

#include "balance/sealed_datagram.hpp"
#include "rtmp/hex.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::balance::test {
namespace {

using rtmp::Bytes;

std::string document() {
  return multiconn::test::textOf(MULTICONN_DOCS "/wire-balancer.md");
}

// The block of hexadecimal digits that is fenced as `name`.
Bytes block(const std::string& name) {
  const std::string text = document(), fence = "\n```" + name + "\n";
  const std::size_t begin = text.find(fence);
  if (begin == std::string::npos) return {};
  std::string digits = text.substr(begin + fence.size());
  digits.resize(digits.find("```"));
  digits.erase(std::remove(digits.begin(), digits.end(), '\n'), digits.end());
  return rtmp::test::hex(digits);
}

Guid exampleGuid() {
  Guid guid;
  for (std::size_t i = 0; i < 16; ++i) guid.bytes[i] = static_cast<std::byte>(0x11 * i);
  return guid;
}

Boot exampleBoot() {
  Boot boot{7, {}};
  for (std::size_t i = 0; i < 8; ++i) boot.id[i] = static_cast<std::byte>(i + 1);
  return boot;
}

LoadReport exampleReport() {
  LoadReport report;
  report.sent = WallTime(milliseconds(1'700'000'000'000));
  report.targets = 2;
  report.addresses = {{"rtmp", "edge-1.example.com", 0, ""}, {"rtmp", "10.0.0.5", 1936, "10.0.0.0/8"}};
  report.connections = 120;
  report.connection_capacity = 4000;
  report.accepts = 4711;
  report.in_bits = 5'000'000;
  report.out_bits = 576'000'000;
  report.bandwidth_capacity = 10'000'000'000;
  report.connection_bits = 4'800'000;
  report.cpu = 0.25F;
  return report;
}

TEST(WireDocument, HasTheReportOfItsExample) {
  EXPECT_EQ(encode(exampleReport()), block("report"));
}

TEST(WireDocument, HasTheDatagramOfItsExample) {
  const SharedKey key("023D4FB4IS83");
  EXPECT_EQ(key.id(), 0xBDC31508U);
  EXPECT_EQ(Sealer(key, exampleGuid(), exampleBoot()).seal(block("report"), 42), block("datagram"));
}

TEST(WireDocument, HasADatagramThatIsAccepted) {
  OpenerOptions options;
  options.keys.emplace_back("023D4FB4IS83");
  const auto opened = Opener(options).open(block("datagram"), exampleReport().sent);
  const auto* const good = std::get_if<OpenedReport>(&opened);
  ASSERT_NE(good, nullptr);
  EXPECT_EQ(good->guid.text(), "00112233-4455-6677-8899-aabbccddeeff");
  EXPECT_EQ(good->report.addresses.size(), 2U);
  EXPECT_FLOAT_EQ(good->report.cpu, 0.25F);
}

TEST(WireDocument, NamesEveryRefusal) {
  const std::string text = document();
  for (std::size_t i = 0; i < refusal_count; ++i) {
    const std::string name(nameOf(static_cast<Refusal>(i)));
    EXPECT_NE(text.find("| `" + name + "` |"), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace multiconn::balance::test
