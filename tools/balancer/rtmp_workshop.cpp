#include "balancer/rtmp_workshop.hpp"

#include "balancer/client_address.hpp"

namespace multiconn::balancer {
namespace {

constexpr std::size_t max_edges = 1024;

}  // namespace

std::string EdgeFailureLog::line(const std::string& edge, const std::string& why, net::TimePoint now) {
  if (entries_.size() >= max_edges)
    std::erase_if(entries_, [now](const auto& entry) { return now - entry.second.written >= period; });
  const auto [found, is_new] = entries_.try_emplace(edge, Entry{now});
  Entry& entry = found->second;
  if (!is_new && now - entry.written < period) {
    ++entry.silent;
    return {};
  }
  std::string text = "clients cannot be carried to " + edge + ": " + why;
  if (entry.silent > 0) text += " (and " + std::to_string(entry.silent) + " times before)";
  entry = {now};
  return text;
}

// One end alone may be another connection's too, on one machine.
std::string pathText(const net::Address& from, const net::Address& to) {
  return hostOf(from) + ' ' + std::to_string(from.port()) + ' ' + hostOf(to) + ' ' +
         std::to_string(to.port());
}

}  // namespace multiconn::balancer
