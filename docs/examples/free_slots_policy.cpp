// A policy of one's own: an edge gets clients in proportion to the slots that it has left.
#include <algorithm>

#include "balance/policy.hpp"
namespace multiconn::balance {
class FreeSlots : public Policy {
 public:
  std::optional<std::size_t> choose(const ServerPool& pool, std::span<const std::size_t> candidates,
                                    TimePoint, Random& random) override {
    double sum = 0;
    for (const std::size_t index : candidates) sum += left(pool, pool.edges()[index]);
    double point = std::uniform_real_distribution<>(0, sum)(random);
    std::optional<std::size_t> chosen;  // stays empty when all are full
    for (const std::size_t index : candidates) {
      const double slots = left(pool, pool.edges()[index]);
      if (slots > 0 && point >= 0) chosen = index;
      point -= slots;
    }
    return chosen;
  }
  std::string explain(const ServerPool& pool, const Edge& edge, TimePoint) const override {
    return std::to_string(left(pool, edge)) + " slots left";
  }
  static double left(const ServerPool& pool, const Edge& edge) {
    const double used = edge.report.connections + pool.onTheWay(edge);  // ours and other balancers' clients
    return std::max(0.0, edge.report.connection_capacity - used);
  }
};
const bool registered = (registerPolicy("free-slots", std::make_unique<FreeSlots>), true);
}  // namespace multiconn::balance
