#include "balance/target_file.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "balance/load_report.hpp"

namespace multiconn::balance {
namespace {

constexpr std::size_t max_targets = 255, max_errors = 20, max_text_bytes = 1024 * 1024;

// A target, or what is wrong.
struct Line {
  std::optional<Target> target;
  std::string error;
};

Line parseLine(std::string_view line);
std::string_view trimmed(std::string_view text);
/// Cut off in front of the first comma.
std::string_view takeField(std::string_view& line, bool& has_comma);
bool sameBalancer(const Target& a, const Target& b);

}  // namespace

TargetFile parseTargets(std::string_view text) {
  TargetFile file;
  const auto fail = [&file](std::size_t line, std::string error) {
    if (file.errors.size() < max_errors) file.errors.push_back({line, std::move(error)});
  };
  if (text.size() > max_text_bytes) {
    fail(1, "a file of targets has at most 1 MiB");
    return file;
  }
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (text.substr(0, byte_order_mark.size()) == byte_order_mark) text.remove_prefix(byte_order_mark.size());
  std::size_t number = 0;
  while (!text.empty() && file.errors.size() < max_errors) {
    ++number;
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Line parsed = parseLine(line);
    if (!parsed.target) {
      fail(number, std::move(parsed.error));
    } else if (std::any_of(file.targets.begin(), file.targets.end(),
                           [&](const Target& other) { return sameBalancer(other, *parsed.target); })) {
      fail(number, "this balancer stands on a line before");
    } else if (file.targets.size() == max_targets) {
      fail(number, "there are more than 255 targets");
      break;
    } else {
      file.targets.push_back(std::move(*parsed.target));
    }
  }
  if (file.targets.empty() && file.errors.empty()) fail(1, "there is no target in this file");
  return file;
}

namespace {

Line parseLine(std::string_view line) {
  const auto fail = [](const char* text) { return Line{{}, text}; };
  bool has_port = false, has_key = false;
  std::string_view host = takeField(line, has_port);
  const std::string_view port = takeField(line, has_key);
  if (!has_port || !has_key) return fail("a target is ADDRESS,PORT,KEY");

  Target target;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  target.host = bracketed ? host.substr(1, host.size() - 2) : host;
  if (bracketed && target.host.find(':') == std::string::npos)
    return fail("put your balancer's address in the place of what stands in brackets");
  if (!isRedirectHost(target.host)) return fail("the address is no host name and no numeric address");
  const auto parsed = std::from_chars(port.data(), port.data() + port.size(), target.port);
  if (parsed.ec != std::errc() || parsed.ptr != port.data() + port.size() || target.port == 0)
    return fail("the port is a number from 1 to 65535");
  target.key = trimmed(line);
  if (!isKey(target.key)) return fail("a key is 8 to 256 printable ASCII characters");
  return {std::move(target), {}};
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\v\f";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(blanks) - begin + 1);
}

std::string_view takeField(std::string_view& line, bool& has_comma) {
  const std::size_t comma = line.find(',');
  has_comma = comma != std::string_view::npos;
  const std::string_view field = line.substr(0, comma);
  line = has_comma ? line.substr(comma + 1) : std::string_view();
  return trimmed(field);
}

bool sameBalancer(const Target& a, const Target& b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return a.port == b.port && std::equal(a.host.begin(), a.host.end(), b.host.begin(), b.host.end(),
                                        [&](char left, char right) { return lower(left) == lower(right); });
}

}  // namespace
}  // namespace multiconn::balance
