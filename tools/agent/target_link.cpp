#include "agent/target_link.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace multiconn::agent {
namespace {

constexpr std::chrono::seconds look_up_again{60};
/// Between two questions about one name, however often sending fails.
constexpr std::chrono::seconds look_up_pause{2};

std::string messageOf(int error) {
  if (error == ECONNREFUSED) return "nobody listens there";
  return std::system_category().message(error);
}

bool sameHost(const net::Address& left, const net::Address& right) {
  return left.host() == right.host();
}

}  // namespace

TargetLink::TargetLink(net::AsioScheduler& scheduler, balance::Target target, const balance::Guid& guid,
                       const balance::Boot& boot, Log log)
    : scheduler_(scheduler),
      target_(std::move(target)),
      sealer_(balance::SharedKey(target_.key), guid, boot),
      log_(std::move(log)) {
  lookUp();
}

void TargetLink::send(rtmp::BytesView report, std::uint64_t seq) {
  waiting_ = sealer_.seal(report, seq);
  if (socket_) return transmit();
  lookUp();
}

AgentTargetStatus TargetLink::status() const {
  return {target_.host, target_.port, socket_ ? addresses_[address_].host() : "",
          reports_,     failures_,    trouble_};
}

void TargetLink::lookUp() {
  const auto now = scheduler_.now();
  if (lookup_ || now < not_before_) return;
  not_before_ = now + look_up_pause;
  lookup_.emplace(scheduler_, target_.host, target_.port,
                  [this](net::LookupResult result) { found(std::move(result)); });
}

void TargetLink::found(net::LookupResult result) {
  lookup_.reset();
  again_ = scheduler_.after(look_up_again, [this] { lookUp(); });
  if (result.addresses.empty()) {
    // Where it was is a better guess than nowhere.
    if (!socket_) failed(result.failure.text);
    return;
  }
  const auto current = socket_ ? std::optional(addresses_[address_]) : std::nullopt;
  addresses_ = std::move(result.addresses);
  const auto kept = std::find_if(addresses_.begin(), addresses_.end(), [&](const net::Address& address) {
    return current && sameHost(address, *current);
  });
  if (kept != addresses_.end()) {
    address_ = static_cast<std::size_t>(kept - addresses_.begin());
  } else {
    address_ = 0;
    openAny();
  }
  if (socket_ && !waiting_.empty()) transmit();
}

bool TargetLink::openAny() {
  socket_.reset();
  int error = 0;
  for (std::size_t tried = 0; tried < addresses_.size(); ++tried) {
    if (open(addresses_[address_])) return true;
    error = errno;
    address_ = (address_ + 1) % addresses_.size();
  }
  failed(messageOf(error));
  return false;
}

bool TargetLink::open(const net::Address& address) {
  net::Socket socket(::socket(address.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.descriptor(), address.data(), address.size()) != 0) return false;
  socket_ = std::move(socket);
  return true;
}

/// An error here may be that of the datagram before (a refusal comes back later); this one then has not left
/// yet, and is tried once more, elsewhere if there is elsewhere.
void TargetLink::transmit() {
  const rtmp::Bytes datagram = std::exchange(waiting_, {});
  int error = 0;
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto sent = ::send(socket_.descriptor(), datagram.data(), datagram.size(), MSG_NOSIGNAL);
    if (sent == static_cast<ssize_t>(datagram.size())) {
      ++reports_;
      if (error != 0) return failed(messageOf(error));
      if (!std::exchange(trouble_, {}).empty()) log_(AgentLogLevel::info, place() + " is reported to again");
      return;
    }
    error = errno;
    if (addresses_.size() > 1) {
      address_ = (address_ + 1) % addresses_.size();
      if (!openAny()) return;
    }
  }
  failed(messageOf(error));
}

void TargetLink::failed(const std::string& why) {
  ++failures_;
  const bool known = std::exchange(trouble_, why) == why;
  if (!known) log_(AgentLogLevel::warning, "reporting to " + place() + " fails: " + why);
  lookUp();
}

std::string TargetLink::place() const {
  return "the balancer " + target_.host + " port " + std::to_string(target_.port);
}

}  // namespace multiconn::agent
