#include "publish/argument_values.hpp"

#include <charconv>
#include <cmath>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace publish {
namespace {

using Units = std::map<std::string, double, std::less<>>;

/// A number with one of these units behind it, in the unit whose value is 1.
std::optional<double> parseQuantity(std::string_view text, const Units& units) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  const auto unit = units.find(std::string_view(rest, static_cast<std::size_t>(end - rest)));
  if (error != std::errc() || unit == units.end()) return std::nullopt;
  return number * unit->second;
}

std::optional<int> parseWhole(std::string_view text) {
  int number = 0;
  const char* end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || rest != end) return std::nullopt;
  return number;
}

[[noreturn]] void refuse(const char* option, const std::string& expected) {
  throw std::invalid_argument(std::string(option) + ": " + expected);
}

std::optional<double> parseSeconds(const std::string& text) {
  return parseQuantity(text, {{"", 1}, {"ms", 0.001}, {"s", 1}, {"m", 60}, {"h", 3600}});
}

std::chrono::milliseconds timeFrom(std::optional<double> seconds, const char* option,
                                   const std::string& expected) {
  constexpr double shortest = 0.001, longest = 1e7;
  if (!seconds || !(*seconds >= shortest && *seconds <= longest))
    refuse(option, expected + ", as 90, 90s, 1500ms, 2m or 1h");
  return std::chrono::milliseconds(std::llround(*seconds * 1000));
}

}  // namespace

std::chrono::milliseconds parseTime(const std::string& text, const char* option) {
  return timeFrom(parseSeconds(text), option, "a time from 1ms on");
}

std::chrono::milliseconds parseTimeOrZero(const std::string& text, const char* option) {
  const auto seconds = parseSeconds(text);
  return seconds == 0.0 ? std::chrono::milliseconds::zero()
                        : timeFrom(seconds, option, "0, or a time from 1ms on");
}

std::int64_t parseBitrate(const std::string& text, const char* option) {
  constexpr double lowest = 8e3, highest = 500e6;
  const auto bits = parseQuantity(text, {{"", 1}, {"k", 1e3}, {"K", 1e3}, {"m", 1e6}, {"M", 1e6}});
  if (!bits || !(*bits >= lowest && *bits <= highest))
    refuse(option, "bits a second from 8k to 500M, as 800000, 800k or 2.5M");
  return std::llround(*bits);
}

std::size_t parseBytes(const std::string& text, const char* option) {
  constexpr double kib = 1024, mib = kib * kib, gib = kib * mib, fewest = mib, most = 16 * gib;
  const auto bytes = parseQuantity(text, {{"", 1}, {"k", kib}, {"K", kib}, {"M", mib}, {"G", gib}});
  if (!bytes || !(*bytes >= fewest && *bytes <= most))
    refuse(option, "bytes from 1M to 16G, as 33554432 or 32M");
  return static_cast<std::size_t>(*bytes);
}

Size parseSize(const std::string& text, const char* option) {
  constexpr int smallest = 16, largest = 8192;
  const auto fits = [](std::optional<int> side) {
    return side && *side >= smallest && *side <= largest && *side % 2 == 0;
  };
  const std::size_t cross = std::min(text.find('x'), text.size());
  const auto width = parseWhole(std::string_view(text).substr(0, cross));
  const auto height = parseWhole(std::string_view(text).substr(std::min(cross + 1, text.size())));
  if (!fits(width) || !fits(height))
    refuse(option, "WIDTHxHEIGHT, both even and from 16 to 8192, as 1280x720");
  return {*width, *height};
}

double parseRate(const std::string& text, const char* option) {
  constexpr double lowest = 0.1, highest = 240;
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto over = parseQuantity(std::string_view(text).substr(0, slash), {{"", 1}});
  const auto under = slash == text.size()
                         ? std::optional(1.0)
                         : parseQuantity(std::string_view(text).substr(slash + 1), {{"", 1}});
  const double rate = over && under && *under > 0 ? *over / *under : 0;
  if (!(rate >= lowest && rate <= highest))
    refuse(option, "pictures a second from 0.1 to 240, as 30 or 30000/1001");
  return rate;
}

}  // namespace publish
