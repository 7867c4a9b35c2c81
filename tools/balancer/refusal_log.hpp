#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "balance/sealed_datagram.hpp"

namespace multiconn::balancer {

/// Which refused reports deserve a line in the log: one for each sender and reason a minute, and not more
/// than max_lines in all, since the addresses of those who are not proven can be forged.
class RefusalLog {
 public:
  static constexpr std::size_t max_lines = 200;
  static constexpr std::chrono::minutes period{1};

  /// `sender`: a numeric address. Nothing: stay silent.
  std::optional<std::string> line(const balance::RefusedReport& refusal, const std::string& sender,
                                  balance::TimePoint now);

 private:
  struct Entry {
    balance::TimePoint written;
    std::uint64_t silent = 0;  // refused since, without a line
  };
  bool makeRoom(balance::TimePoint now);

  std::map<std::pair<std::string, balance::Refusal>, Entry> entries_;
  std::optional<balance::TimePoint> full_since_;
};

}  // namespace multiconn::balancer
