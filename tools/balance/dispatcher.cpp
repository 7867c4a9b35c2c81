#include "balance/dispatcher.hpp"

#include <algorithm>
#include <stdexcept>

namespace multiconn::balance {
namespace {

std::string noSuchPolicy(const std::string& name) {
  std::string sentence = "there is no policy \"" + name + "\"; there are ";
  const auto names = policyNames();
  for (std::size_t i = 0; i < names.size(); ++i) sentence += (i == 0 ? "" : ", ") + names[i];
  return sentence;
}

bool reaches(const RedirectAddress& address, const std::optional<IpAddress>& client) {
  if (address.network.empty()) return true;
  if (!client) return false;
  const auto network = parseNetwork(address.network);
  return network && network->contains(*client);
}

/// Where this client finds the edge: an address for its own network before one for everybody.
const RedirectAddress* addressFor(const LoadReport& report, const std::string& scheme,
                                  const std::optional<IpAddress>& client) {
  const RedirectAddress* found = nullptr;
  for (const RedirectAddress& address : report.addresses) {
    if (address.scheme != scheme || (found && (!found->network.empty() || address.network.empty()))) continue;
    if (reaches(address, client)) found = &address;
  }
  return found;
}

double shareInUse(const ServerPool& pool, const Edge& edge) {
  return (edge.report.connections + pool.onTheWay(edge)) / edge.report.connection_capacity;
}

}  // namespace

Dispatcher::Dispatcher(DispatcherOptions options, TimePoint now, std::uint64_t seed)
    : options_(std::move(options)),
      pool_(options_.pool),
      policy_(makePolicy(options_.policy)),
      random_(seed),
      started_(now) {
  if (!policy_) throw std::invalid_argument(noSuchPolicy(options_.policy));
}

Answer Dispatcher::answer(const Question& question, TimePoint now) {
  Answer answer;
  holding_ = starting(now);
  if (holding_) {
    answer.reason = NoEdge::starting;
    answer.retry_after = std::chrono::ceil<milliseconds>(started_ + options_.hold - now);
    return answer;
  }
  const auto client = parseIpAddress(question.client_address);
  collectCandidates(question, client, now);
  if (candidates_.empty()) answer.reason = NoEdge::no_edges;
  const std::size_t count = std::clamp<std::size_t>(question.count, 1, max_count);
  while (answer.chosen.size() < count && !candidates_.empty()) {
    const auto choice = policy_->choose(pool_, candidates_, now, random_);
    if (!choice) break;
    answer.chosen.push_back(take(*choice, question, client, now));
    std::erase(candidates_, *choice);
  }
  if (answer.chosen.empty() && answer.reason == NoEdge::none) answer.reason = NoEdge::all_full;
  return answer;
}

bool Dispatcher::starting(TimePoint now) const {
  if (!holding_) return false;
  const auto reported = [&] {
    return static_cast<std::size_t>(
        std::count_if(pool_.edges().begin(), pool_.edges().end(),
                      [&](const Edge& edge) { return pool_.eligible(edge, now); }));
  };
  const bool over = now >= started_ + options_.hold ||
                    (options_.hold_until_edges > 0 && reported() >= options_.hold_until_edges);
  return !over;
}

void Dispatcher::collectCandidates(const Question& question, const std::optional<IpAddress>& client,
                                   TimePoint now) {
  candidates_.clear();
  const std::uint8_t scheme = schemeBit(question.scheme);
  const std::vector<Edge>& edges = pool_.edges();
  for (std::size_t i = 0; i < edges.size(); ++i) {
    const Edge& edge = edges[i];
    const auto reachable = [&] {
      return (edge.open_schemes & scheme) != 0 || addressFor(edge.report, question.scheme, client) != nullptr;
    };
    if (pool_.eligible(edge, now) && reachable()) candidates_.push_back(i);
  }
}

Chosen Dispatcher::take(std::size_t index, const Question& question, const std::optional<IpAddress>& client,
                        TimePoint now) {
  const Edge& edge = pool_.edges().at(index);
  const RedirectAddress* address = addressFor(edge.report, question.scheme, client);
  Chosen chosen{index, edge.guid, address ? *address : RedirectAddress{}, shareInUse(pool_, edge)};
  if (question.counts) pool_.redirected(index, now);
  return chosen;
}

}  // namespace multiconn::balance
