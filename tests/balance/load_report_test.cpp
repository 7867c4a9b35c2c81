#include "balance/load_report.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>

#include "balance/reports.hpp"

namespace multiconn::balance::test {
namespace {

using rtmp::Bytes;
using rtmp::ByteWriter;

Bytes field(unsigned type, std::initializer_list<unsigned> value) {
  Bytes out;
  ByteWriter writer(out);
  writer.u8(type).u16(static_cast<std::uint32_t>(value.size()));
  for (const unsigned byte : value) writer.u8(byte);
  return out;
}

Bytes addressField(unsigned scheme, unsigned port, const std::string& network, const std::string& host) {
  Bytes out;
  ByteWriter(out)
      .u8(5)
      .u16(static_cast<std::uint32_t>(4 + network.size() + host.size()))
      .u8(scheme)
      .u16(port)
      .u8(static_cast<std::uint32_t>(network.size()))
      .text(network)
      .text(host);
  return out;
}

Bytes operator+(Bytes left, const Bytes& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

// The fields that have to be there, without an address.
Bytes minimum() {
  return field(1, {0, 0, 1, 0x8B, 0xCF, 0xE5, 0x68, 0}) + field(2, {1}) + field(3, {1}) +
         field(6, {0, 0, 0, 9}) + field(7, {0, 0, 1, 0});
}

const Bytes some_address = addressField(1, 0, "", "10.0.0.5");

TEST(LoadReport, ComesOutAsItWentIn) {
  const LoadReport sent = fullReport();
  const auto report = decodeReport(encode(sent));
  ASSERT_TRUE(report);
  EXPECT_EQ(report->sent, sent.sent);
  EXPECT_EQ(report->state, sent.state);
  EXPECT_EQ(report->healthy, sent.healthy);
  EXPECT_EQ(report->early_reports, sent.early_reports);
  EXPECT_EQ(report->accepts_estimated, sent.accepts_estimated);
  EXPECT_EQ(report->targets, sent.targets);
  ASSERT_EQ(report->addresses.size(), 3U);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(report->addresses[i].scheme, sent.addresses[i].scheme);
    EXPECT_EQ(report->addresses[i].host, sent.addresses[i].host);
    EXPECT_EQ(report->addresses[i].port, sent.addresses[i].port);
    EXPECT_EQ(report->addresses[i].network, sent.addresses[i].network);
  }
  EXPECT_EQ(report->connections, sent.connections);
  EXPECT_EQ(report->connection_capacity, sent.connection_capacity);
  EXPECT_EQ(report->accepts, sent.accepts);
  EXPECT_EQ(report->in_bits, sent.in_bits);
  EXPECT_EQ(report->out_bits, sent.out_bits);
  EXPECT_EQ(report->bandwidth_capacity, sent.bandwidth_capacity);
  EXPECT_EQ(report->connection_bits, sent.connection_bits);
  EXPECT_NEAR(report->cpu, sent.cpu, 0.0001);
  EXPECT_EQ(report->interval, sent.interval);
}

TEST(LoadReport, NeedsNoMoreThanItsRequiredFields) {
  const auto report = decodeReport(minimum() + some_address);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->connections, 9U);
  EXPECT_EQ(report->connection_capacity, 256U);
  EXPECT_TRUE(report->healthy);
  EXPECT_FALSE(report->early_reports);
  EXPECT_FALSE(report->accepts);
  EXPECT_EQ(report->targets, 1);
  EXPECT_EQ(report->interval, milliseconds(2500));
}

TEST(LoadReport, IsNothingWhenARequiredFieldIsMissing) {
  const Bytes whole = minimum() + some_address;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t size =
        3 + (std::to_integer<std::size_t>(whole[at + 1]) << 8) + std::to_integer<std::size_t>(whole[at + 2]);
    Bytes without = whole;
    const auto begin = without.begin() + static_cast<std::ptrdiff_t>(at);
    without.erase(begin, begin + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(decodeReport(without)) << "without the field at " << at;
    at += size;
  }
}

TEST(LoadReport, PassesOverWhatItDoesNotKnow) {
  const Bytes unknown = field(0, {}) + field(200, {1, 2, 3}) + field(200, {4}) + field(15, {9});
  const Bytes new_scheme = addressField(9, 1, "no network at all", "no host: \x01");
  const auto report = decodeReport(unknown + minimum() + new_scheme + some_address);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->addresses.size(), 1U);
  EXPECT_EQ(report->addresses[0].host, "10.0.0.5");
  EXPECT_FALSE(decodeReport(minimum() + new_scheme)) << "an address that nobody here can use is none";
}

TEST(LoadReport, HasUnknownFlagsPassedOver) {
  Bytes bytes = field(3, {0xFD}) + minimum() + some_address;
  bytes.erase(bytes.begin() + 4 + 11 + 4, bytes.begin() + 4 + 11 + 4 + 4);
  const auto report = decodeReport(bytes);
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->healthy);
  EXPECT_FALSE(report->early_reports);
  EXPECT_TRUE(report->accepts_estimated);
}

TEST(LoadReport, IsRefusedCutOffAnywhere) {
  const Bytes whole = encode(fullReport());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto report = decodeReport(rtmp::BytesView(whole).first(size));
    if (!report) continue;
    EXPECT_LT(report->addresses.size(), 3U) << "cut off after " << size << " bytes";
  }
}

TEST(LoadReport, IsRefusedWithAFieldOutOfRange) {
  const Bytes base = minimum() + some_address;
  ASSERT_TRUE(decodeReport(base));
  const std::vector<std::pair<const char*, Bytes>> wrong = {
      {"a field twice", field(2, {1})},
      {"no targets", field(4, {0})},
      {"targets of two bytes", field(4, {0, 1})},
      {"cpu above 1", field(13, {0x27, 0x11})},
      {"interval of 99 ms", field(14, {0, 0, 0, 99})},
      {"interval of more than 10 minutes", field(14, {0, 9, 0x27, 0xC1})},
      {"more than a petabit", field(10, {0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x80, 1})},
      {"a host with a blank", addressField(1, 0, "", "a b")},
      {"no host", addressField(1, 0, "", "")},
      {"a network that is none", addressField(1, 0, "10.0.0.0/33", "a")},
      {"a network beyond its field", field(5, {1, 0, 0, 200, 'a'})},
  };
  for (const auto& [what, bytes] : wrong) EXPECT_FALSE(decodeReport(base + bytes)) << what;
  EXPECT_TRUE(decodeReport(base + field(13, {0x27, 0x10})));
  EXPECT_TRUE(decodeReport(base + field(14, {0, 9, 0x27, 0xC0})));
  EXPECT_TRUE(decodeReport(base + field(10, {0, 3, 0x8D, 0x7E, 0xA4, 0xC6, 0x80, 0})));
}

TEST(LoadReport, TakesEightAddressesAndNoMore) {
  Bytes bytes = minimum();
  for (int i = 0; i < 8; ++i) bytes = bytes + some_address;
  EXPECT_TRUE(decodeReport(bytes));
  EXPECT_FALSE(decodeReport(bytes + some_address));
}

TEST(LoadReport, IsRefusedWhenItIsTooLong) {
  Bytes bytes = minimum() + some_address;
  const std::size_t unknown = max_report_bytes - bytes.size() - 3;
  ByteWriter(bytes).u8(99).u16(static_cast<std::uint32_t>(unknown));
  bytes.resize(max_report_bytes);
  EXPECT_TRUE(decodeReport(bytes));
  EXPECT_FALSE(decodeReport(bytes + field(0, {})));
}

TEST(LoadReport, CannotBeEncodedOutOfItsRange) {
  const auto refused = [](auto change) {
    LoadReport report = fullReport();
    change(report);
    EXPECT_THROW(encode(report), std::invalid_argument);
  };
  refused([](LoadReport& r) { r.addresses.clear(); });
  refused([](LoadReport& r) { r.addresses.resize(9, r.addresses[0]); });
  refused([](LoadReport& r) { r.addresses[0].scheme = "rtmpe"; });
  refused([](LoadReport& r) { r.addresses[0].host = "[::1]"; });
  refused([](LoadReport& r) { r.addresses[0].network = "10/8/8"; });
  refused([](LoadReport& r) {
    r.addresses.assign(
        8, {"rtmp", std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c'), 0, ""});
  });
  refused([](LoadReport& r) { r.connection_capacity = 0; });
  refused([](LoadReport& r) { r.targets = 0; });
  refused([](LoadReport& r) { r.cpu = std::numeric_limits<float>::quiet_NaN(); });
  refused([](LoadReport& r) { r.cpu = -0.1F; });
  refused([](LoadReport& r) { r.cpu = std::numeric_limits<float>::infinity(); });
  refused([](LoadReport& r) { r.out_bits = max_bits + 1; });
  refused([](LoadReport& r) { r.interval = milliseconds(-1); });
  refused([](LoadReport& r) { r.sent = WallTime(milliseconds(-1)); });
  refused([](LoadReport& r) { r.state = static_cast<EdgeState>(0); });
}

TEST(RedirectHost, IsANameOrANumericAddress) {
  for (const char* const host : {"edge", "edge-1.example.com", "edge_1", "10.0.0.5", "::1", "2001:db8::5",
                                 "1a.example", "localhost", "a.b.c.d.e", "::ffff:10.0.0.1"})
    EXPECT_TRUE(isRedirectHost(host)) << host;
  const std::string label(63, 'a');
  EXPECT_TRUE(isRedirectHost(label));
  EXPECT_FALSE(isRedirectHost(label + 'a'));
  EXPECT_FALSE(isRedirectHost(label + '.' + label + '.' + label + '.' + label));
  using namespace std::string_literals;
  for (const std::string& host : {""s,          " "s,
                                  "a b"s,       "a..b"s,
                                  ".a"s,        "a."s,
                                  "-a"s,        "a-"s,
                                  "[::1]"s,     "[redirect-address]"s,
                                  "a:1935"s,    "::1%eth0"s,
                                  "1.2.3"s,     "1.2.3.4.5"s,
                                  "300.1.1.1"s, "a/b"s,
                                  "a&b"s,       "a<b"s,
                                  "a\"b"s,      "a\0b"s,
                                  "::1\0"s,     "a\nb"s,
                                  "user@a"s,    "\xC3\xA4.example"s,
                                  ":"s,         "rtmp://a"s,
                                  "a?b"s})
    EXPECT_FALSE(isRedirectHost(host)) << host;
}

}  // namespace
}  // namespace multiconn::balance::test
