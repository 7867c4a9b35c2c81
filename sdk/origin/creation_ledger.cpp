#include "origin/creation_ledger.hpp"

namespace multiconn::origin {
namespace {

template <typename Counts, typename Key>
std::size_t countOf(const Counts& counts, const Key& key) {
  const auto found = counts.find(key);
  return found == counts.end() ? 0 : found->second;
}

template <typename Counts, typename Key>
void takeOne(Counts& counts, const Key& key) {
  const auto found = counts.find(key);
  if (found != counts.end() && --found->second == 0) counts.erase(found);
}

}  // namespace

bool CreationLedger::mayCreate(const Maker& maker) const {
  return countOf(of_clients_, maker.client) < most_of_client_ &&
         countOf(of_hosts_, maker.host) < most_of_host_;
}

void CreationLedger::created(const std::string& object, const Maker& maker) {
  if (!makers_.emplace(object, maker).second) return;
  ++of_clients_[maker.client];
  ++of_hosts_[maker.host];
}

void CreationLedger::gone(const std::string& object) {
  const auto entry = makers_.extract(object);
  if (entry.empty()) return;
  takeOne(of_clients_, entry.mapped().client);
  takeOne(of_hosts_, entry.mapped().host);
}

}  // namespace multiconn::origin
