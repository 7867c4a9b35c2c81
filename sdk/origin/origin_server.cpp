#include <multiconn/origin.hpp>

#include <algorithm>
#include <future>
#include <stdexcept>
#include <thread>
#include <unordered_map>
#include <utility>

#include "net/asio_strand.hpp"
#include "net/transport.hpp"
#include "origin/client_connection.hpp"
#include "origin/client_membership.hpp"
#include "origin/data_directory.hpp"
#include "origin/http_status.hpp"
#include "origin/rtmp_listener.hpp"
#include "origin/server_context.hpp"
#include "origin/status_report.hpp"

namespace multiconn {
namespace {

using namespace origin;

// What closing connections may take of the 250 ms that stopping may take.
constexpr std::chrono::milliseconds farewell{150};

}  // namespace

class OriginServer::Impl final : RtmpListener::Events {
 public:
  explicit Impl(OriginOptions options);
  ~Impl() override;

  std::uint16_t port() const { return listener_.port(); }
  std::optional<std::uint16_t> httpPort() const;
  std::vector<std::string> listening() const;
  std::string statusJson();
  OriginLoad load();
  void requestReconnect(std::string url);

 private:
  bool hasRoom(std::size_t handshaking) override;
  void accepted(std::unique_ptr<net::Transport> transport, std::string address) override;
  void refused(const std::string& address, const std::string& why) override;
  void gone(ClientConnection& connection);
  void stop();
  void ended();
  StatusReport report() const;
  OriginLoad measure() const;

  DataDirectory data_directory_;
  boost::asio::io_context io_{1};
  net::AsioScheduler scheduler_{io_};
  ServerContext context_;
  RtmpListener listener_;
  std::optional<HttpStatus> http_;
  std::unordered_map<ClientConnection*, std::shared_ptr<ClientConnection>> connections_;
  rtmp::TimePoint started_ = scheduler_.now();
  // Of connections that are gone.
  std::uint64_t bytes_in_ = 0, bytes_out_ = 0;
  std::uint64_t connections_total_ = 0, connections_refused_ = 0;
  bool stopping_ = false;
  net::Timer farewell_;
  std::shared_ptr<void> work_ = scheduler_.work();
  std::thread thread_;
};

OriginServer::OriginServer(OriginOptions options) {
  impl_ = std::make_unique<Impl>(std::move(options));
}

OriginServer::~OriginServer() = default;

std::uint16_t OriginServer::port() const {
  return impl_->port();
}
std::optional<std::uint16_t> OriginServer::httpPort() const {
  return impl_->httpPort();
}
std::vector<std::string> OriginServer::listening() const {
  return impl_->listening();
}
std::string OriginServer::statusJson() const {
  return impl_->statusJson();
}
OriginLoad OriginServer::load() const {
  return impl_->load();
}

void OriginServer::requestReconnect(std::string url) {
  impl_->requestReconnect(std::move(url));
}

OriginServer::Impl::Impl(OriginOptions options)
    : data_directory_(options.data_dir),
      context_(std::move(options), scheduler_),
      listener_(scheduler_, context_.options, *this) {
  if (const auto& port = context_.options.http_port) {
    http_.emplace(
        scheduler_, listenOn(scheduler_, context_.options.http_address, *port), context_.options.http_names,
        [this] { return report(); },
        [this](const std::string& line) { context_.log(OriginLogLevel::error, line); });
  }
  scheduler_.post([this] {
    listener_.start();
    if (http_) http_->start();
  });
  thread_ = std::thread([this] {
    context_.door->own();
    io_.run();
  });
}

OriginServer::Impl::~Impl() {
  scheduler_.post([this] { stop(); });
  thread_.join();
  // How the last recordings went is still to be told.
  context_.disk.finish();
  context_.door->own();
  io_.restart();
  io_.poll();
  context_.door->close();
}

std::optional<std::uint16_t> OriginServer::Impl::httpPort() const {
  return http_ ? std::optional(http_->port()) : std::nullopt;
}

std::vector<std::string> OriginServer::Impl::listening() const {
  const char* const scheme = context_.options.tls_certificate_file.empty() ? "rtmp " : "rtmps ";
  std::vector<std::string> lines;
  for (const std::string& address : listener_.addresses()) lines.push_back(scheme + address);
  if (http_) lines.push_back("http " + http_->address());
  return lines;
}

void OriginServer::Impl::requestReconnect(std::string url) {
  scheduler_.post([this, url = std::move(url)] {
    for (const auto& [raw, connection] : connections_) {
      if (ClientMembership* const member = connection->member()) member->requestReconnect(url, {});
    }
  });
}

std::string OriginServer::Impl::statusJson() {
  if (context_.door->inside()) return toJson(report());
  std::promise<StatusReport> promise;
  scheduler_.post([&] { promise.set_value(report()); });
  return toJson(promise.get_future().get());
}

OriginLoad OriginServer::Impl::load() {
  if (context_.door->inside()) return measure();
  std::promise<OriginLoad> promise;
  scheduler_.post([&] { promise.set_value(measure()); });
  return promise.get_future().get();
}

OriginLoad OriginServer::Impl::measure() const {
  OriginLoad load{0, context_.options.max_connections, connections_total_, bytes_in_, bytes_out_};
  for (const auto& [raw, connection] : connections_) {
    if (connection->member() != nullptr) ++load.connections;
    const net::LinkStats stats = connection->stats();
    load.bytes_in += stats.bytes_received;
    load.bytes_out += stats.bytes_sent;
  }
  return load;
}

bool OriginServer::Impl::hasRoom(std::size_t handshaking) {
  return connections_.size() + handshaking < context_.options.max_connections;
}

void OriginServer::Impl::accepted(std::unique_ptr<net::Transport> transport, std::string address) {
  ++connections_total_;
  const auto connection = std::make_shared<ClientConnection>(
      context_, std::move(transport), std::move(address), [this](ClientConnection& left) { gone(left); });
  connections_.emplace(connection.get(), connection);
  connection->start();
}

void OriginServer::Impl::refused(const std::string& address, const std::string& why) {
  ++connections_refused_;
  context_.log(OriginLogLevel::info, address + " was turned away: " + why);
}

void OriginServer::Impl::gone(ClientConnection& connection) {
  const net::LinkStats stats = connection.stats();
  bytes_in_ += stats.bytes_received;
  bytes_out_ += stats.bytes_sent;
  const auto entry = connections_.extract(&connection);
  // Its own call brought us here: it goes once that has returned.
  scheduler_.post([last = entry.mapped()] {});
  if (stopping_ && connections_.empty()) ended();
}

void OriginServer::Impl::stop() {
  stopping_ = true;
  listener_.stop();
  if (http_) http_->stop();
  farewell_ = scheduler_.after(farewell, [this] { ended(); });
  for (const auto& [raw, connection] : connections_)
    connection->end("the server stops", net::CloseMode::graceful);
  if (connections_.empty()) ended();
}

// Whatever has not closed by now is cut off; the thread ends when the last handler has run.
void OriginServer::Impl::ended() {
  farewell_.cancel();
  scheduler_.post([this] {
    for (const auto& [raw, connection] : std::exchange(connections_, {})) connection->leave();
    context_.applications.stop();
    work_.reset();
  });
}

StatusReport OriginServer::Impl::report() const {
  StatusReport report;
  const std::chrono::duration<double> up = scheduler_.now() - started_;
  report.uptime_s = up.count();
  report.connections = connections_.size();
  report.connections_total = connections_total_;
  report.connections_refused = connections_refused_;
  report.bytes_in = bytes_in_;
  report.bytes_out = bytes_out_;
  for (const auto& [raw, connection] : connections_) {
    const net::LinkStats stats = connection->stats();
    report.bytes_in += stats.bytes_received;
    report.bytes_out += stats.bytes_sent;
  }
  report.streams = context_.streams.status();
  report.applications = context_.applications.status();
  return report;
}

}  // namespace multiconn
