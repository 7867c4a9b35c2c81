#include "balance/load_report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>
#include <string_view>

#include "balance/network.hpp"

namespace multiconn::balance {
namespace {

using rtmp::ByteReader;
using rtmp::Bytes;
using rtmp::BytesView;
using rtmp::ByteWriter;

// Each field is a type of one byte, a length of two, and a value; docs/wire-balancer.md names them.
struct NumberField {
  std::uint8_t type;
  std::uint8_t width;
  bool required;
  std::uint64_t least, most;
  const char* name;
  std::optional<std::uint64_t> (*get)(const LoadReport&);
  void (*set)(LoadReport&, std::uint64_t);
};

constexpr std::uint8_t address_field = 5;
constexpr std::uint64_t latest_time = 253'402'300'799'999;  // the end of year 9999
constexpr float cpu_unit = 10'000;
constexpr std::uint64_t flag_healthy = 1, flag_early = 2, flag_estimated = 4;
constexpr std::uint64_t any32 = 0xFFFFFFFF, any64 = ~std::uint64_t{0};
constexpr std::array<std::string_view, 3> schemes = {"rtmp", "rtmps", "http"};

using Number = std::optional<std::uint64_t>;
using Report = LoadReport;

Number flagsOf(const Report& report);
void setFlags(Report& report, std::uint64_t flags);
Number cpuOf(const Report& report);

constexpr std::array<NumberField, 13> numbers = {{
    {1, 8, true, 0, latest_time, "sent",
     [](const Report& r) { return Number(r.sent.time_since_epoch().count()); },
     [](Report& r, std::uint64_t v) { r.sent = WallTime(milliseconds(v)); }},
    {2, 1, true, 1, 3, "state", [](const Report& r) { return Number(static_cast<std::uint64_t>(r.state)); },
     [](Report& r, std::uint64_t v) { r.state = static_cast<EdgeState>(v); }},
    {3, 1, true, 0, 255, "flags", flagsOf, setFlags},
    {4, 1, false, 1, 255, "targets", [](const Report& r) { return Number(r.targets); },
     [](Report& r, std::uint64_t v) { r.targets = static_cast<std::uint8_t>(v); }},
    {6, 4, true, 0, any32, "connections", [](const Report& r) { return Number(r.connections); },
     [](Report& r, std::uint64_t v) { r.connections = static_cast<std::uint32_t>(v); }},
    {7, 4, true, 1, any32, "connection_capacity",
     [](const Report& r) { return Number(r.connection_capacity); },
     [](Report& r, std::uint64_t v) { r.connection_capacity = static_cast<std::uint32_t>(v); }},
    {8, 8, false, 0, any64, "accepts", [](const Report& r) { return r.accepts; },
     [](Report& r, std::uint64_t v) { r.accepts = v; }},
    {9, 8, false, 0, max_bits, "in_bits", [](const Report& r) { return Number(r.in_bits); },
     [](Report& r, std::uint64_t v) { r.in_bits = v; }},
    {10, 8, false, 0, max_bits, "out_bits", [](const Report& r) { return Number(r.out_bits); },
     [](Report& r, std::uint64_t v) { r.out_bits = v; }},
    {11, 8, false, 0, max_bits, "bandwidth_capacity",
     [](const Report& r) { return Number(r.bandwidth_capacity); },
     [](Report& r, std::uint64_t v) { r.bandwidth_capacity = v; }},
    {12, 8, false, 0, max_bits, "connection_bits", [](const Report& r) { return Number(r.connection_bits); },
     [](Report& r, std::uint64_t v) { r.connection_bits = v; }},
    {13, 2, false, 0, static_cast<std::uint64_t>(cpu_unit), "cpu", cpuOf,
     [](Report& r, std::uint64_t v) { r.cpu = static_cast<float>(v) / cpu_unit; }},
    {14, 4, false, 100, 600'000, "interval", [](const Report& r) { return Number(r.interval.count()); },
     [](Report& r, std::uint64_t v) { r.interval = milliseconds(v); }},
}};

void encodeNumber(const NumberField& field, std::uint64_t value, Bytes& out);
void encodeAddress(const RedirectAddress& address, Bytes& out);
bool decodeNumber(const NumberField& field, BytesView value, Report& report);
bool decodeAddress(BytesView value, Report& report);

bool isNetwork(std::string_view text);
bool isHostName(std::string_view host);

}  // namespace

Bytes encode(const LoadReport& report) {
  Bytes out;
  for (const NumberField& field : numbers) {
    if (const auto value = field.get(report)) encodeNumber(field, *value, out);
  }
  if (report.addresses.empty() || report.addresses.size() > max_addresses)
    throw std::invalid_argument("a load report needs 1 to 8 addresses");
  for (const RedirectAddress& address : report.addresses) encodeAddress(address, out);
  if (out.size() > max_report_bytes)
    throw std::invalid_argument("the addresses of a load report are too long together");
  return out;
}

std::optional<LoadReport> decodeReport(BytesView bytes) {
  if (bytes.size() > max_report_bytes) return {};
  LoadReport report;
  std::array<bool, 256> seen{};
  ByteReader reader(bytes);
  while (!reader.atEnd()) {
    const std::uint8_t type = reader.u8();
    const BytesView value = reader.take(reader.u16());
    if (!reader.ok()) return {};
    if (type == address_field) {
      if (!decodeAddress(value, report)) return {};
      continue;
    }
    const auto* const field =
        std::find_if(numbers.begin(), numbers.end(), [type](const auto& f) { return f.type == type; });
    if (field == numbers.end()) continue;
    if (seen[type] || !decodeNumber(*field, value, report)) return {};
    seen[type] = true;
  }
  const bool complete = std::all_of(numbers.begin(), numbers.end(),
                                    [&](const auto& field) { return !field.required || seen[field.type]; });
  if (!complete || report.addresses.empty()) return {};
  return report;
}

// RFC 3986 3.2.2 without the percent-encoded part, and names as RFC 1123 2.1 has them; underscores are in
// use.
bool isRedirectHost(const std::string& host) {
  if (host.empty() || host.size() > 253) return false;
  constexpr std::string_view ipv6 = "0123456789abcdefABCDEF:.";
  if (host.find(':') == std::string::npos) return isHostName(host);
  return host.find_first_not_of(ipv6) == std::string::npos && parseIpAddress(host).has_value();
}

namespace {

Number flagsOf(const Report& report) {
  return (report.healthy ? flag_healthy : 0) | (report.early_reports ? flag_early : 0) |
         (report.accepts_estimated ? flag_estimated : 0);
}

void setFlags(Report& report, std::uint64_t flags) {
  report.healthy = (flags & flag_healthy) != 0;
  report.early_reports = (flags & flag_early) != 0;
  report.accepts_estimated = (flags & flag_estimated) != 0;
}

Number cpuOf(const Report& report) {
  if (!(report.cpu >= 0 && report.cpu <= 1)) return any64;  // NaN too
  return static_cast<std::uint64_t>(std::lround(report.cpu * cpu_unit));
}

void encodeNumber(const NumberField& field, std::uint64_t value, Bytes& out) {
  if (value < field.least || value > field.most)
    throw std::invalid_argument(std::string("a load report's ") + field.name + " is out of its range");
  ByteWriter(out).u8(field.type).u16(field.width);
  for (unsigned i = field.width; i-- > 0;) out.push_back(static_cast<std::byte>(value >> (8 * i) & 0xFF));
}

bool decodeNumber(const NumberField& field, BytesView bytes, Report& report) {
  if (bytes.size() != field.width) return false;
  std::uint64_t value = 0;
  for (const std::byte b : bytes) value = value << 8 | std::to_integer<std::uint64_t>(b);
  if (value < field.least || value > field.most) return false;
  field.set(report, value);
  return true;
}

void encodeAddress(const RedirectAddress& address, Bytes& out) {
  const auto* const scheme = std::find(schemes.begin(), schemes.end(), address.scheme);
  if (scheme == schemes.end() || !isRedirectHost(address.host))
    throw std::invalid_argument("a load report needs addresses of a known scheme and with a usable host");
  if (!address.network.empty() && !isNetwork(address.network))
    throw std::invalid_argument("a load report's network is an address, a slash and a count of bits");
  const std::size_t size = 4 + address.network.size() + address.host.size();
  ByteWriter(out)
      .u8(address_field)
      .u16(static_cast<std::uint32_t>(size))
      .u8(static_cast<std::uint32_t>(scheme - schemes.begin()) + 1)
      .u16(address.port)
      .u8(static_cast<std::uint32_t>(address.network.size()))
      .text(address.network)
      .text(address.host);
}

// An address of a scheme that is not known is passed over, as an unknown field is.
bool decodeAddress(BytesView value, Report& report) {
  ByteReader reader(value);
  const std::size_t scheme = reader.u8();
  RedirectAddress address;
  address.port = reader.u16();
  address.network = reader.text(reader.u8());
  address.host = rtmp::asText(reader.rest());
  if (!reader.ok()) return false;
  if (scheme == 0 || scheme > schemes.size()) return true;
  address.scheme = schemes[scheme - 1];
  if (!isRedirectHost(address.host) || report.addresses.size() == max_addresses) return false;
  if (!address.network.empty() && !isNetwork(address.network)) return false;
  report.addresses.push_back(std::move(address));
  return true;
}

bool isNetwork(std::string_view text) {
  constexpr std::string_view allowed = "0123456789abcdefABCDEF:./";
  return text.find_first_not_of(allowed) == std::string_view::npos && parseNetwork(text).has_value();
}

bool isAlphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool isLabel(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(),
                     [](char c) { return isAlphanumeric(c) || c == '-' || c == '_'; });
}

// A name whose last label is a number is an IPv4 address or a broken one (WHATWG URL 3.5).
bool isHostName(std::string_view host) {
  std::string_view label, rest = host;
  for (std::size_t dot = 0; dot != std::string_view::npos;) {
    dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!isLabel(label)) return false;
    if (dot != std::string_view::npos) rest.remove_prefix(dot + 1);
  }
  const bool numeric = std::all_of(label.begin(), label.end(), [](char c) { return c >= '0' && c <= '9'; });
  return !numeric || parseIpAddress(host).has_value();
}

}  // namespace
}  // namespace multiconn::balance
