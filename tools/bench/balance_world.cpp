#include "balance_world.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <optional>
#include <random>

#include "world_balancer.hpp"
#include "world_edge.hpp"

namespace multiconn::bench {
namespace {

constexpr std::array<std::uint32_t, 4> slots_in_turn{4000, 8000, 8000, 12000};
constexpr std::size_t edge_count = 20;
constexpr std::uint32_t cold_edge_slots = 8000;
constexpr double mean_session = 20 * 60;
constexpr std::size_t rush_clients = 100'000;
constexpr double rush_start = 30, rush_end = 40, settled = 41, incident_time = 35, end_time = 45;
constexpr double sample_interval = 0.05;
constexpr std::chrono::seconds ask_again_after{1};
constexpr double delay_from = 0.020, delay_to = 0.060;
/// From the redirect to the accept: log-normal.
constexpr double accept_median = 0.2, accept_sigma = 0.4;
constexpr double never_arrive = 0.01;
constexpr std::uint32_t low_bits = 1'000'000, high_bits = 6'000'000;
constexpr double mean_bits = 3'500'000;
constexpr std::array<double, 5> bandwidth_in_turn{0.7, 0.85, 1, 1.15, 1.3};

class World {
 public:
  explicit World(const WorldOptions& options);
  WorldResult run();

 private:
  void addEdge(std::uint32_t slots, SimTime now);
  void fill(std::uint32_t edge);
  void handle(const Event& event);
  void comes(SimTime now);
  void baseClientComes(SimTime now);
  void asks(std::uint32_t bits, SimTime now);
  void arrives(std::uint32_t edge, std::uint32_t bits, SimTime now);
  void stays(std::uint32_t edge, std::uint32_t bits, SimTime now);
  void schedule(std::uint32_t edge, SimTime now);
  void reports(std::uint32_t edge, SimTime now);
  void send(std::uint32_t balancer, rtmp::Bytes datagram, SimTime now);
  void receives(std::uint32_t balancer, std::uint32_t slot, SimTime now);
  void incident(SimTime now);
  void sample(SimTime now);
  double relativeLoad(const WorldEdge& edge, double mean) const;
  double used(const WorldEdge& edge) const;
  double capacity(const WorldEdge& edge) const;

  double uniform(double from, double to) { return std::uniform_real_distribution<>(from, to)(random_); }
  double exponential(double mean) { return std::exponential_distribution<>(1 / mean)(random_); }
  bool happens(double probability) { return uniform(0, 1) < probability; }
  std::uint32_t clientBits();
  std::uint32_t anyBalancer();
  void note(std::uint64_t answer) {
    result_.redirect_hash = (result_.redirect_hash ^ answer) * 0x100000001b3;
  }

  struct Place {
    std::unique_ptr<WorldEdge> edge;
    SimTime report_event = SimTime::max();  // when the next one fires
  };

  WorldOptions options_;
  balance::Random random_;
  balance::SharedKey key_{"a key of the simulated cluster"};
  EventQueue events_;
  std::vector<Place> edges_;
  std::map<balance::Guid, std::uint32_t> by_guid_;
  std::vector<WorldBalancer> balancers_;
  std::vector<double> share_sums_;
  std::vector<SimTime> rush_;
  std::size_t come_ = 0;
  double base_rate_ = 0;
  std::vector<rtmp::Bytes> in_flight_;
  std::vector<std::uint32_t> free_slots_;
  std::optional<std::uint32_t> dead_, cold_;
  WorldResult result_;
};

World::World(const WorldOptions& options) : options_(options), random_(options.seed) {
  const SimTime start = atSecond(0);
  result_.redirect_hash = 0xcbf29ce484222325;
  result_.cold_seconds = 99;
  for (const double share : options_.balancer_shares) {
    share_sums_.push_back(share + (share_sums_.empty() ? 0 : share_sums_.back()));
    balancers_.emplace_back(options_.policy, key_, start, random_());
  }
  for (std::size_t i = 0; i < edge_count; ++i) {
    addEdge(slots_in_turn[i % slots_in_turn.size()], start);
    fill(static_cast<std::uint32_t>(i));
    reports(static_cast<std::uint32_t>(i), start);
  }
  events_.add(start + (atSecond(exponential(1 / base_rate_)) - atSecond(0)), EventKind::base_client_comes);
  for (std::size_t i = 0; i < rush_clients; ++i) rush_.push_back(atSecond(uniform(rush_start, rush_end)));
  std::sort(rush_.begin(), rush_.end());
  events_.add(rush_.front(), EventKind::client_comes);
  for (double t = rush_start; t <= end_time; t += sample_interval)
    events_.add(atSecond(t), EventKind::sample);
  // The last of the writes, which come each second.
  events_.add(atSecond(incident_time - 0.4), EventKind::state_saved);
  events_.add(atSecond(incident_time), EventKind::incident);
}

void World::addEdge(std::uint32_t slots, SimTime now) {
  const auto number = static_cast<std::uint32_t>(edges_.size());
  WorldEdge::Setup setup{};
  setup.slots = slots;
  if (options_.mixed_bitrates) {
    const double share = bandwidth_in_turn[number % bandwidth_in_turn.size()];
    setup.bandwidth = static_cast<std::uint64_t>(slots * mean_bits * share);
    setup.slots = 2 * slots;
  }
  setup.early_reports = options_.early_reports;
  setup.targets = static_cast<std::uint8_t>(balancers_.size());
  edges_.push_back({std::make_unique<WorldEdge>(setup, key_, number, now, random_)});
  by_guid_.emplace(edges_.back().edge->guid(), number);
}

void World::fill(std::uint32_t index) {
  WorldEdge& edge = *edges_[index].edge;
  const double load = uniform(options_.start_load_from, options_.start_load_to);
  const double room =
      options_.mixed_bitrates ? static_cast<double>(edge.bandwidth()) / mean_bits : edge.slots();
  const auto clients = static_cast<std::uint32_t>(load * room);
  base_rate_ += clients / mean_session;
  for (std::uint32_t i = 0; i < clients; ++i) arrives(index, clientBits(), atSecond(0));
}

WorldResult World::run() {
  const SimTime end = atSecond(end_time);
  while (!events_.empty()) {
    const Event event = events_.next();
    if (event.time > end) break;
    handle(event);
  }
  double connections = 0, slots = 0;
  for (const Place& place : edges_) {
    if (!place.edge->alive()) continue;
    connections += place.edge->connections();
    slots += place.edge->slots();
  }
  result_.fill = connections / slots;
  return result_;
}

void World::handle(const Event& event) {
  switch (event.kind) {
    case EventKind::client_comes:
      return comes(event.time);
    case EventKind::base_client_comes:
      return baseClientComes(event.time);
    case EventKind::client_asks:
      return asks(event.value, event.time);
    case EventKind::client_arrives:
      return arrives(event.place, event.value, event.time);
    case EventKind::client_leaves:
      return edges_[event.place].edge->leave(event.value);
    case EventKind::report_due:
      // An early report may have come first.
      if (edges_[event.place].report_event == event.time) reports(event.place, event.time);
      return;
    case EventKind::datagram:
      return receives(event.place, event.value, event.time);
    case EventKind::state_saved:
      return balancers_.front().saveState(event.time);
    case EventKind::incident:
      return incident(event.time);
    case EventKind::sample:
      return sample(event.time);
  }
}

void World::comes(SimTime now) {
  ++result_.clients;
  if (++come_ < rush_.size()) events_.add(rush_[come_], EventKind::client_comes);
  asks(clientBits(), now);
}

void World::baseClientComes(SimTime now) {
  events_.add(now + (atSecond(exponential(1 / base_rate_)) - atSecond(0)), EventKind::base_client_comes);
  asks(clientBits(), now);
}

void World::asks(std::uint32_t bits, SimTime now) {
  const auto guid = balancers_[anyBalancer()].ask(now);
  if (!guid) {
    ++result_.asked_again;
    note(edge_count + 1);
    events_.add(now + ask_again_after, EventKind::client_asks, 0, bits);
    return;
  }
  const std::uint32_t edge = by_guid_.at(*guid);
  note(edge);
  if (edge == dead_) ++result_.lost_with_edge;
  if (happens(never_arrive)) return;
  const double delay = std::lognormal_distribution<>(std::log(accept_median), accept_sigma)(random_);
  events_.add(now + (atSecond(delay) - atSecond(0)), EventKind::client_arrives, edge, bits);
}

void World::arrives(std::uint32_t index, std::uint32_t bits, SimTime now) {
  WorldEdge& edge = *edges_[index].edge;
  if (!edge.alive()) return;
  if (!edge.accept(bits, now)) {
    ++result_.refused;
    return;
  }
  const SimTime leaves = now + (atSecond(exponential(mean_session)) - atSecond(0));
  if (leaves < atSecond(end_time)) events_.add(leaves, EventKind::client_leaves, index, bits);
  schedule(index, now);
}

void World::schedule(std::uint32_t index, SimTime now) {
  Place& place = edges_[index];
  const SimTime due = std::max(now, place.edge->reportDue());
  if (due == place.report_event) return;
  place.report_event = due;
  events_.add(due, EventKind::report_due, index);
}

void World::reports(std::uint32_t index, SimTime now) {
  WorldEdge& edge = *edges_[index].edge;
  if (!edge.alive()) return;
  const rtmp::Bytes report = edge.report(now);
  for (std::uint32_t i = 0; i < balancers_.size(); ++i) {
    rtmp::Bytes datagram = edge.seal(report);
    if (!happens(options_.report_loss)) send(i, std::move(datagram), now);
  }
  schedule(index, now);
}

void World::send(std::uint32_t balancer, rtmp::Bytes datagram, SimTime now) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(in_flight_.size()));
    in_flight_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  in_flight_[slot] = std::move(datagram);
  const SimTime::duration delay = atSecond(uniform(delay_from, delay_to)) - atSecond(0);
  events_.add(now + delay, EventKind::datagram, balancer, slot);
}

void World::receives(std::uint32_t balancer, std::uint32_t slot, SimTime now) {
  if (balancers_[balancer].receive(in_flight_[slot], now)) ++result_.reports;
  free_slots_.push_back(slot);
}

void World::incident(SimTime now) {
  switch (options_.incident) {
    case Incident::none:
      return;
    case Incident::cold_edge_joins:
      cold_ = static_cast<std::uint32_t>(edges_.size());
      addEdge(cold_edge_slots, now);
      return reports(*cold_, now);
    case Incident::busiest_edge_dies: {
      const auto busiest = std::max_element(edges_.begin(), edges_.end(), [](const Place& a, const Place& b) {
        return a.edge->connections() < b.edge->connections();
      });
      dead_ = static_cast<std::uint32_t>(busiest - edges_.begin());
      return busiest->edge->die();
    }
    case Incident::first_balancer_restarts:
      return balancers_.front().restart(now, random_());
  }
}

void World::sample(SimTime now) {
  double used_sum = 0, capacity_sum = 0;
  for (const Place& place : edges_) {
    if (!place.edge->alive()) continue;
    used_sum += used(*place.edge);
    capacity_sum += capacity(*place.edge);
  }
  const double mean = used_sum / capacity_sum;
  double peak = 0;
  for (const Place& place : edges_)
    if (place.edge->alive()) peak = std::max(peak, relativeLoad(*place.edge, mean));
  result_.peak = std::max(result_.peak, peak);
  if (now >= atSecond(settled)) result_.peak_after_rush = std::max(result_.peak_after_rush, peak);
  if (!cold_) return;
  const double cold = relativeLoad(*edges_[*cold_].edge, mean);
  result_.cold_peak = std::max(result_.cold_peak, cold);
  if (cold >= 0.9)
    result_.cold_seconds = std::min(result_.cold_seconds, seconds(now - atSecond(incident_time)));
}

double World::relativeLoad(const WorldEdge& edge, double mean) const {
  return used(edge) / capacity(edge) / mean;
}

double World::used(const WorldEdge& edge) const {
  return options_.mixed_bitrates ? static_cast<double>(edge.bits()) : edge.connections();
}

double World::capacity(const WorldEdge& edge) const {
  return options_.mixed_bitrates ? static_cast<double>(edge.bandwidth()) : edge.slots();
}

std::uint32_t World::clientBits() {
  if (!options_.mixed_bitrates) return low_bits;
  return happens(0.5) ? low_bits : high_bits;
}

std::uint32_t World::anyBalancer() {
  const double point = uniform(0, share_sums_.back());
  const auto balancer = std::upper_bound(share_sums_.begin(), share_sums_.end() - 1, point);
  return static_cast<std::uint32_t>(balancer - share_sums_.begin());
}

}  // namespace

WorldResult simulate(const WorldOptions& options) {
  return World(options).run();
}

}  // namespace multiconn::bench
