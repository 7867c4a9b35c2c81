#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace multiconn::chaos {

/// The bytes of media that are in memory: of all payloads that were seen here, those that somebody still
/// holds.
class Payloads {
 public:
  using Payload = std::shared_ptr<const std::vector<std::byte>>;

  void saw(const Payload& payload) {
    if (payload) seen_.insert_or_assign(payload.get(), std::pair(std::weak_ptr(payload), payload->size()));
  }
  std::size_t live() {
    std::size_t bytes = 0;
    for (auto at = seen_.begin(); at != seen_.end();) {
      bytes += at->second.first.expired() ? 0 : at->second.second;
      at = at->second.first.expired() ? seen_.erase(at) : std::next(at);
    }
    return bytes;
  }

 private:
  std::map<const void*, std::pair<std::weak_ptr<const std::vector<std::byte>>, std::size_t>> seen_;
};

}  // namespace multiconn::chaos
