#include "balancer/http_door.hpp"

#include <array>
#include <ctime>

#include "balancer/client_address.hpp"
#include "balancer/crowd.hpp"
#include "balancer/http_connection.hpp"
#include "net/asio_scheduler.hpp"

namespace multiconn::balancer {
namespace {

constexpr std::chrono::milliseconds sweep_interval{250};

// RFC 9110 5.6.7.
std::string httpDate() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::array<char, 64> text{};
  std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text.data();
}

}  // namespace

class HttpDoor::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, ReadySet& ready, HttpLimits limits, Answer answer)
      : scheduler_(scheduler), shop_{ready, limits, std::move(answer)} {
    sweep();
  }

  void take(net::Socket socket, const net::Address& peer) {
    const auto place = clients_.add(networkOf(peer), shop_, std::move(socket), peer, scheduler_.now());
    if (clients_.sizeOfNetwork(place) > shop_.limits.max_per_network) {
      crowdOut(clients_.oldestOfNetwork(place));
    } else if (clients_.size() > shop_.limits.max_connections) {
      crowdOut(clients_.oldest());
    }
    HttpConnection& client = clients_[place];
    client.over = [this, place] { clients_.remove(place); };
    client.answered = [this, place] { clients_.renew(place); };
    if (!client.begin()) clients_.remove(place);
  }

  std::size_t connections() const { return clients_.size(); }
  std::uint64_t crowded() const { return crowded_; }
  std::uint64_t requests() const { return shop_.requests; }

 private:
  void crowdOut(Crowd<HttpConnection>::Handle place) {
    ++crowded_;
    clients_.remove(place);
  }

  void sweep() {
    const balance::TimePoint now = scheduler_.now();
    for (auto place = clients_.oldest(); place != clients_.end();) {
      place = clients_[place].isLate(now) ? clients_.remove(place) : std::next(place);
    }
    shop_.date = httpDate();
    timer_ = scheduler_.after(sweep_interval, [this] { sweep(); });
  }

  net::AsioScheduler& scheduler_;
  HttpWorkshop shop_;
  Crowd<HttpConnection> clients_;
  std::uint64_t crowded_ = 0;
  net::Timer timer_;
};

HttpDoor::HttpDoor(net::AsioScheduler& scheduler, ReadySet& ready, HttpLimits limits, Answer answer)
    : impl_(std::make_unique<Impl>(scheduler, ready, limits, std::move(answer))) {}
HttpDoor::~HttpDoor() = default;

void HttpDoor::take(net::Socket socket, const net::Address& peer) {
  impl_->take(std::move(socket), peer);
}
std::size_t HttpDoor::connections() const {
  return impl_->connections();
}
std::uint64_t HttpDoor::crowded() const {
  return impl_->crowded();
}
std::uint64_t HttpDoor::requests() const {
  return impl_->requests();
}

}  // namespace multiconn::balancer
