#include "agent/figures.hpp"

#include <algorithm>
#include <cmath>

#include "balance/load_report.hpp"

namespace multiconn::agent {
namespace {

constexpr double time_constant_s = 10;
/// Beyond it a server gets slow before its connections are full.
constexpr double busy_cpu = 0.85, busy_weight = 4;

}  // namespace

Figures::Figures(std::uint32_t capacity, std::uint64_t bandwidth_capacity)
    : capacity_(capacity), bandwidth_capacity_(bandwidth_capacity) {
  load_.capacity = capacity;
  load_.cpu = 0;
}

void Figures::read(const AgentLoad& load, balance::TimePoint now) {
  load_ = load;
  load_.capacity = std::max<std::uint32_t>(1, load.capacity.value_or(capacity_));
  const double cpu = load.cpu.value_or(0);
  load_.cpu = std::isfinite(cpu) ? std::clamp(cpu, 0.0, 1.0) : 0;
  load_.in_bits = std::min(load.in_bits, balance::max_bits);
  load_.out_bits = std::min(load.out_bits, balance::max_bits);
  if (load.accepts) {
    count(*load.accepts);
    load_.accepts = accepts_;
  }
  const auto passed = read_ ? std::chrono::duration<double>(now - *read_).count() : HUGE_VAL;
  const double weight = 1 - std::exp(-passed / time_constant_s);
  bits_ += weight * (static_cast<double>(load_.out_bits) - bits_);
  connections_ += weight * (load.connections - connections_);
  read_ = now;
}

/// A counter that has fallen is that of a server which has started again.
void Figures::count(std::uint64_t accepts) {
  accepts_ += accepts >= last_accepts_ ? accepts - last_accepts_ : accepts;
  last_accepts_ = accepts;
}

std::uint64_t Figures::connectionBits() const {
  if (connections_ < 0.5) return 0;
  return std::min(static_cast<std::uint64_t>(bits_ / connections_), balance::max_bits);
}

double Figures::share() const {
  double share = static_cast<double>(load_.connections) / capacity();
  if (bandwidth_capacity_ > 0) {
    const double bits = static_cast<double>(connectionBits()) * load_.connections;
    share = std::max(share, bits / static_cast<double>(bandwidth_capacity_));
  }
  return share + std::max(0.0, *load_.cpu - busy_cpu) * busy_weight;
}

}  // namespace multiconn::agent
