#include "origin/rtmp_listener.hpp"

#include <chrono>
#include <map>
#include <stdexcept>
#include <utility>

#include "net/socket_figures.hpp"
#include "net/tcp_transport.hpp"
#include "net/tls_transport.hpp"
#include "origin/listening.hpp"

namespace multiconn::origin {
namespace {

// A publisher whose machine has gone would hold its stream's name for ever.
constexpr std::chrono::seconds vanished_after{6};

std::shared_ptr<const net::TlsContext> certificateOf(const OriginOptions& options) {
  if (options.tls_certificate_file.empty() && options.tls_key_file.empty()) return nullptr;
  if (options.tls_certificate_file.empty() || options.tls_key_file.empty()) {
    throw std::runtime_error("TLS needs both a certificate file and a key file");
  }
  auto result = net::TlsContext::server(options.tls_certificate_file, options.tls_key_file);
  if (!result.context) throw std::runtime_error(result.failure.text);
  return result.context;
}

}  // namespace

class RtmpListener::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, const OriginOptions& options, Events& events)
      : scheduler_(scheduler),
        events_(events),
        handshake_timeout_(options.handshake_timeout),
        tls_(certificateOf(options)) {
    listen(options.address, options.port);
    port_ = listeners_.front()->port();
    for (const auto& [address, port] : options.more_addresses) listen(address, port);
  }

  std::uint16_t port() const { return port_; }
  const std::vector<std::string>& addresses() const { return addresses_; }
  void start() {
    for (const auto& listener : listeners_) {
      listener->start([this](net::Socket socket, const net::Address& peer) {
        accepted(std::move(socket), textOf(peer));
      });
    }
  }
  void stop() {
    listeners_.clear();
    handshaking_.clear();
  }

 private:
  struct Handshaking {
    std::unique_ptr<net::TlsTransport> transport;
    std::string address;
    net::Timer deadline;
  };

  void listen(const std::string& address, std::uint16_t port) {
    Listening listening = listenOn(scheduler_, address, port);
    listeners_.push_back(std::move(listening.listener));
    addresses_.push_back(std::move(listening.text));
  }
  void accepted(net::Socket socket, std::string address);
  void beginTls(net::Socket socket, std::string address);
  void tlsDone(std::uint64_t id, const std::string& failure);

  net::AsioScheduler& scheduler_;
  Events& events_;
  std::chrono::milliseconds handshake_timeout_;
  std::shared_ptr<const net::TlsContext> tls_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  std::vector<std::string> addresses_;
  std::uint16_t port_ = 0;
  std::map<std::uint64_t, Handshaking> handshaking_;
  std::uint64_t next_id_ = 0;
};

RtmpListener::RtmpListener(net::AsioScheduler& scheduler, const OriginOptions& options, Events& events)
    : impl_(std::make_unique<Impl>(scheduler, options, events)) {}
RtmpListener::~RtmpListener() = default;
std::uint16_t RtmpListener::port() const {
  return impl_->port();
}
const std::vector<std::string>& RtmpListener::addresses() const {
  return impl_->addresses();
}
void RtmpListener::start() {
  impl_->start();
}
void RtmpListener::stop() {
  impl_->stop();
}

void RtmpListener::Impl::accepted(net::Socket socket, std::string address) {
  if (!events_.hasRoom(handshaking_.size())) return events_.refused(address, "the server is full");
  net::keepAlive(socket.descriptor(), vanished_after);
  if (tls_) return beginTls(std::move(socket), std::move(address));
  events_.accepted(std::make_unique<net::TcpTransport>(scheduler_, std::move(socket)), std::move(address));
}

void RtmpListener::Impl::beginTls(net::Socket socket, std::string address) {
  const std::uint64_t id = next_id_++;
  Handshaking& entry = handshaking_[id];
  entry.address = std::move(address);
  entry.transport = std::make_unique<net::TlsTransport>(scheduler_, std::move(socket), tls_, std::string());
  entry.deadline =
      scheduler_.after(handshake_timeout_, [this, id] { tlsDone(id, "TLS handshake not finished in time"); });
  entry.transport->handshake([this, id](const std::optional<net::LinkFailure>& failure) {
    tlsDone(id, failure ? failure->text : std::string());
  });
}

void RtmpListener::Impl::tlsDone(std::uint64_t id, const std::string& failure) {
  auto entry = handshaking_.extract(id);
  if (entry.empty()) return;
  Handshaking& done = entry.mapped();
  if (!failure.empty()) return events_.refused(done.address, failure);
  events_.accepted(std::move(done.transport), std::move(done.address));
}

}  // namespace multiconn::origin
