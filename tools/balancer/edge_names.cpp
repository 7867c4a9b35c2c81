#include "balancer/edge_names.hpp"

#include <utility>

namespace multiconn::balancer {
namespace {

using std::chrono::seconds;

constexpr seconds fresh_time{10};
constexpr seconds retry_time{1};  // after a look-up that failed
constexpr std::chrono::minutes keep_time{10};
constexpr std::size_t names_to_keep = 1024;

}  // namespace

EdgeNames::Asked EdgeNames::find(const std::string& host, std::uint16_t port, Found found) {
  auto asked = std::make_shared<Found>(std::move(found));
  if (const auto address = net::Address::numeric(host, port)) {
    tell(asked, {{*address}, {}});
    return asked;
  }
  if (names_.size() >= names_to_keep) forgetOld();
  const auto name = names_.try_emplace({host, port}).first;
  const net::TimePoint now = scheduler_.now();
  name->second.asked = now;
  const bool fresh = now < name->second.fresh_until;
  if (!fresh && !name->second.lookup) lookUp(name);
  // An old answer serves while a new one is fetched.
  if (fresh || !name->second.result.addresses.empty()) {
    tell(asked, name->second.result);
  } else {
    name->second.waiting.push_back(asked);
  }
  return asked;
}

void EdgeNames::lookUp(Names::iterator name) {
  name->second.lookup = std::make_unique<net::NameLookup>(
      scheduler_, name->first.first, name->first.second,
      [this, name](net::LookupResult result) { answered(name, std::move(result)); });
}

void EdgeNames::answered(Names::iterator name, net::LookupResult result) {
  Name& entry = name->second;
  const bool failed = result.addresses.empty();
  entry.fresh_until = scheduler_.now() + (failed ? retry_time : fresh_time);
  if (!failed || entry.result.addresses.empty()) entry.result = std::move(result);
  entry.lookup.reset();
  // Those who are told may ask again.
  const net::LookupResult told = entry.result;
  for (const std::weak_ptr<Found>& each : std::exchange(entry.waiting, {}))
    if (const Asked asked = each.lock()) (*asked)(told);
}

void EdgeNames::tell(const Asked& asked, net::LookupResult result) {
  scheduler_.post([weak = std::weak_ptr(asked), result = std::move(result)] {
    if (const Asked alive = weak.lock()) (*alive)(result);
  });
}

// Edges that have gone; their number is bounded by the pool's.
void EdgeNames::forgetOld() {
  const net::TimePoint before = scheduler_.now() - keep_time;
  std::erase_if(names_,
                [before](const auto& entry) { return entry.second.asked < before && !entry.second.lookup; });
}

}  // namespace multiconn::balancer
