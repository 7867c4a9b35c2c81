#include "publish/destination_list.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

namespace publish {
namespace {

struct Entry {
  std::string url;
  std::string place;  ///< "FILE, line 3"; empty for an argument
};

std::vector<Entry> readFile(const std::string& path);
multiconn::Destination parseEntry(const Entry& entry);
bool isAmong(const std::vector<multiconn::Destination>& others, const multiconn::Destination& destination);
[[noreturn]] void fail(const Entry& entry, const std::string& what);

}  // namespace

std::vector<multiconn::Destination> readDestinations(const std::vector<std::string>& arguments,
                                                     const std::vector<multiconn::Destination>& others) {
  std::vector<Entry> entries;
  for (const auto& argument : arguments) {
    if (argument.starts_with('@')) {
      const auto listed = readFile(argument.substr(1));
      entries.insert(entries.end(), listed.begin(), listed.end());
    } else {
      entries.push_back({argument, {}});
    }
  }
  if (entries.empty()) {
    throw std::invalid_argument("no destination given: name at least one rtmp://host/app/stream");
  }
  std::vector<multiconn::Destination> destinations;
  for (const auto& entry : entries) {
    auto destination = parseEntry(entry);
    if (isAmong(others, destination) || isAmong(destinations, destination))
      fail(entry, "this destination is listed twice");
    destinations.push_back(std::move(destination));
  }
  return destinations;
}

namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r";
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

std::vector<Entry> readFile(const std::string& path) {
  std::ifstream file(path);
  std::vector<Entry> entries;
  std::string line;
  // A directory opens, and fails at the first read.
  for (std::size_t number = 1; file && std::getline(file, line); ++number) {
    // Only a # that begins a word is a comment: stream names may contain one.
    auto text = trimmed(line);
    if (const auto hash = text.find(" #"); hash != std::string_view::npos)
      text = trimmed(text.substr(0, hash));
    if (text.empty() || text.front() == '#') continue;
    entries.push_back({std::string(text), path + ", line " + std::to_string(number)});
  }
  if (!file.is_open() || file.bad()) {
    throw std::invalid_argument("cannot read the destination file " + path + ": " + std::strerror(errno));
  }
  if (entries.empty()) throw std::invalid_argument("the destination file " + path + " names no destination");
  return entries;
}

multiconn::Destination parseEntry(const Entry& entry) {
  try {
    return multiconn::Destination::fromPublishUrl(entry.url);
  } catch (const std::invalid_argument& error) {
    const bool web = entry.url.starts_with("http://") || entry.url.starts_with("https://");
    fail(entry, error.what() + std::string(web ? "; a load balancer is named by --balancer" : ""));
  }
}

bool isAmong(const std::vector<multiconn::Destination>& others, const multiconn::Destination& destination) {
  return std::any_of(others.begin(), others.end(),
                     [&](const auto& other) { return multiconn::samePlace(other, destination); });
}

void fail(const Entry& entry, const std::string& what) {
  const auto place = entry.place.empty() ? std::string() : entry.place + ": ";
  throw std::invalid_argument(place + multiconn::maskedUrl(entry.url, true) + ": " + what);
}

}  // namespace
}  // namespace publish
