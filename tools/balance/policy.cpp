#include "balance/policy.hpp"

#include <map>

#include "balance/concurrent_connects.hpp"
#include "balance/least_loaded.hpp"
#include "balance/random_choice.hpp"
#include "balance/round_robin.hpp"

namespace multiconn::balance {
namespace {

template <class Kind>
std::unique_ptr<Policy> make() {
  return std::make_unique<Kind>();
}

std::map<std::string, PolicyFactory, std::less<>>& registry() {
  static std::map<std::string, PolicyFactory, std::less<>> policies{
      {"least-loaded", make<LeastLoaded>},
      {"concurrent-connects", make<ConcurrentConnects>},
      {"round-robin", make<RoundRobin>},
      {"random", make<RandomChoice>},
  };
  return policies;
}

}  // namespace

std::vector<std::string> policyNames() {
  std::vector<std::string> names;
  for (const auto& [name, factory] : registry()) names.push_back(name);
  return names;
}

std::unique_ptr<Policy> makePolicy(std::string_view name) {
  const auto found = registry().find(name);
  return found == registry().end() ? nullptr : found->second();
}

void registerPolicy(std::string name, PolicyFactory factory) {
  registry().insert_or_assign(std::move(name), std::move(factory));
}

}  // namespace multiconn::balance
