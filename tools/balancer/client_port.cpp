#include "balancer/client_port.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <string>

#include "balancer/client_address.hpp"
#include "balancer/crowd.hpp"
#include "balancer/ready_set.hpp"
#include "net/listener.hpp"

namespace multiconn::balancer {
namespace {

constexpr std::chrono::milliseconds sweep_interval{250};

enum class FirstByte : unsigned char { none, http, rtmp, garbage, closed };

FirstByte firstByteOf(const net::Socket& socket) {
  unsigned char byte = 0;
  const ssize_t size = ::recv(socket.descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  if (size < 0) {
    const bool later = errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    return later ? FirstByte::none : FirstByte::closed;
  }
  if (size == 0) return FirstByte::closed;
  if (byte == 0x03) return FirstByte::rtmp;
  const bool letter = (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
  return letter ? FirstByte::http : FirstByte::garbage;
}

}  // namespace

class ClientPort::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, ReadySet& ready, const net::Address& address, Doors doors,
       ClientPortLimits limits)
      : scheduler_(scheduler),
        ready_(ready),
        doors_(doors),
        limits_(limits),
        listener_(scheduler, address.host(), address.port()) {
    listener_.start([this](net::Socket socket, const net::Address& peer) {
      ++counts_.accepted;
      accepted(std::move(socket), peer);
    });
    sweep();
  }

  std::uint16_t port() const { return listener_.port(); }
  Counts counts() const {
    Counts counts = counts_;
    counts.waiting = waiting_.size();
    return counts;
  }

 private:
  class Waiting;
  using Queue = Crowd<Waiting>;

  class Waiting final : public ReadySet::Watched {
   public:
    Waiting(Impl& port, net::Socket s, const net::Address& p, balance::TimePoint d)
        : socket(std::move(s)), peer(p), deadline(d), port_(port) {}
    void ready(bool, bool) override { port_.spoke(place_); }
    void standAt(Queue::Handle place) { place_ = place; }

    net::Socket socket;
    net::Address peer;
    balance::TimePoint deadline;

   private:
    Impl& port_;
    Queue::Handle place_;
  };

  void accepted(net::Socket socket, const net::Address& peer) {
    const FirstByte first = firstByteOf(socket);
    if (first == FirstByte::none) return wait(std::move(socket), peer);
    hand(first, std::move(socket), peer);
  }

  void hand(FirstByte first, net::Socket socket, const net::Address& peer) {
    if (first == FirstByte::http) return doors_.http.take(std::move(socket), peer);
    if (first == FirstByte::rtmp && doors_.rtmp) return doors_.rtmp->take(std::move(socket), peer);
    if (first == FirstByte::garbage) ++counts_.garbage;
  }

  void wait(net::Socket socket, const net::Address& peer) {
    const auto place = waiting_.add(networkOf(peer), *this, std::move(socket), peer,
                                    scheduler_.now() + limits_.first_byte_timeout);
    Waiting& waiting = waiting_[place];
    waiting.standAt(place);
    if (!ready_.watch(waiting.socket.descriptor(), waiting)) return drop(place);
    if (waiting_.sizeOfNetwork(place) > limits_.max_waiting_per_network) {
      crowdOut(waiting_.oldestOfNetwork(place));
    } else if (waiting_.size() > limits_.max_waiting) {
      crowdOut(waiting_.oldest());
    }
  }

  void crowdOut(Queue::Handle place) {
    ++counts_.crowded;
    drop(place);
  }

  void spoke(Queue::Handle place) {
    Waiting& waiting = waiting_[place];
    const FirstByte first = firstByteOf(waiting.socket);
    if (first == FirstByte::none) return;
    ready_.forget(waiting.socket.descriptor(), waiting);
    net::Socket socket = std::move(waiting.socket);
    const net::Address peer = waiting.peer;
    waiting_.remove(place);
    hand(first, std::move(socket), peer);
  }

  void drop(Queue::Handle place) {
    ready_.forget(waiting_[place].socket.descriptor(), waiting_[place]);
    waiting_.remove(place);
  }

  void sweep() {
    const balance::TimePoint now = scheduler_.now();
    while (waiting_.size() > 0 && waiting_[waiting_.oldest()].deadline <= now) {
      ++counts_.silent;
      drop(waiting_.oldest());
    }
    timer_ = scheduler_.after(sweep_interval, [this] { sweep(); });
  }

  net::AsioScheduler& scheduler_;
  ReadySet& ready_;
  Doors doors_;
  ClientPortLimits limits_;
  Counts counts_;
  Queue waiting_;
  net::Listener listener_;
  net::Timer timer_;
};

ClientPort::ClientPort(net::AsioScheduler& scheduler, ReadySet& ready, const net::Address& address,
                       Doors doors, ClientPortLimits limits)
    : impl_(std::make_unique<Impl>(scheduler, ready, address, doors, limits)), address_(address) {}
ClientPort::~ClientPort() = default;

net::Address ClientPort::address() const {
  return *net::Address::numeric(address_.host(), impl_->port());
}

ClientPort::Counts ClientPort::counts() const {
  return impl_->counts();
}

}  // namespace multiconn::balancer
