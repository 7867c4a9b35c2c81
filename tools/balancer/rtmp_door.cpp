#include "balancer/rtmp_door.hpp"

#include <string>
#include <unordered_map>
#include <utility>

#include "balancer/client_address.hpp"
#include "balancer/crowd.hpp"
#include "balancer/rtmp_client.hpp"

namespace multiconn::balancer {
namespace {

class RtmpDoor final : public Door {
 public:
  explicit RtmpDoor(RtmpDoorContext context) : workshop_(std::move(context)) {}

  void take(net::Socket socket, const net::Address& peer) override {
    const std::uint64_t id = next_++;
    const auto place = visitors_.add(networkOf(peer), Visitor{id, nullptr});
    places_[id] = place;
    visitors_[place].client = std::make_unique<RtmpClient>(
        workshop_, std::move(socket), peer,
        RtmpClient::Owner{[this, id] { return carry(id); }, [this, id] { forget(id); }});
    if (visitors_.sizeOfNetwork(place) > context().max_per_network) {
      crowdOut(visitors_.oldestOfNetwork(place));
    } else if (connections() > context().max_connections) {
      crowdOut(visitors_.oldest());
    }
  }

  std::size_t connections() const override { return visitors_.size() + carried_.size(); }

 private:
  struct Visitor {
    std::uint64_t id;
    std::unique_ptr<RtmpClient> client;
  };
  using Visitors = Crowd<Visitor>;
  struct Carried {
    std::unique_ptr<RtmpClient> client;
    std::string network;
  };

  const RtmpDoorContext& context() const { return workshop_.context; }

  // Some places are kept for those who are only told where to go, and for other networks.
  bool carry(std::uint64_t id) {
    const std::size_t most = context().max_connections - context().max_connections / 8;
    if (carried_.size() >= most) return false;
    const auto place = places_.find(id)->second;
    const std::string& network = visitors_.networkOf(place);
    if (carriedOf(network) >= context().max_carried_per_network) return false;
    carried_[id] = {std::move(visitors_[place].client), network};
    ++networks_carried_[network];
    visitors_.remove(place);
    places_.erase(id);
    return true;
  }

  std::size_t carriedOf(const std::string& network) const {
    const auto found = networks_carried_.find(network);
    return found == networks_carried_.end() ? 0 : found->second;
  }

  bool forgetCarried(std::uint64_t id) {
    const auto found = carried_.find(id);
    if (found == carried_.end()) return false;
    const auto network = networks_carried_.find(found->second.network);
    if (--network->second == 0) networks_carried_.erase(network);
    carried_.erase(found);
    return true;
  }

  void crowdOut(Visitors::Handle place) {
    ++context().counts.refused;
    places_.erase(visitors_[place].id);
    visitors_.remove(place);
  }

  // Later: the client is in the middle of saying so.
  void forget(std::uint64_t id) {
    context().scheduler.post([alive = std::weak_ptr(alive_), this, id] {
      if (alive.expired() || forgetCarried(id)) return;
      const auto place = places_.find(id);
      if (place == places_.end()) return;
      visitors_.remove(place->second);
      places_.erase(place);
    });
  }

  RtmpWorkshop workshop_;
  Visitors visitors_;  // whoever has been here for longest goes first
  std::unordered_map<std::uint64_t, Visitors::Handle> places_;
  std::unordered_map<std::uint64_t, Carried> carried_;
  std::unordered_map<std::string, std::size_t> networks_carried_;
  std::uint64_t next_ = 0;
  const std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace

std::unique_ptr<Door> makeRtmpDoor(RtmpDoorContext context) {
  return std::make_unique<RtmpDoor>(std::move(context));
}

}  // namespace multiconn::balancer
