#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "net/name_lookup.hpp"

namespace multiconn::balancer {

/// The addresses of edges that report a name. However many clients are carried there, a name is looked up by
/// one thread at a time, and not again for a while; when the name server is gone, what it said last holds.
class EdgeNames {
 public:
  using Found = std::function<void(const net::LookupResult&)>;
  /// A question; letting go of it forgets it.
  using Asked = std::shared_ptr<Found>;

  explicit EdgeNames(net::AsioScheduler& scheduler) : scheduler_(scheduler) {}
  EdgeNames(const EdgeNames&) = delete;
  EdgeNames& operator=(const EdgeNames&) = delete;

  /// Tells once, from a task of its own.
  [[nodiscard]] Asked find(const std::string& host, std::uint16_t port, Found found);

 private:
  struct Name {
    net::LookupResult result;
    net::TimePoint fresh_until{};
    net::TimePoint asked{};
    std::unique_ptr<net::NameLookup> lookup;
    std::vector<std::weak_ptr<Found>> waiting;
  };
  using Names = std::map<std::pair<std::string, std::uint16_t>, Name>;

  void lookUp(Names::iterator name);
  void answered(Names::iterator name, net::LookupResult result);
  void tell(const Asked& asked, net::LookupResult result);
  void forgetOld();

  net::AsioScheduler& scheduler_;
  Names names_;
};

}  // namespace multiconn::balancer
