#include "client/left_connections.hpp"

#include <algorithm>
#include <utility>

#include "client/progress.hpp"

namespace multiconn::client {

namespace {

constexpr std::chrono::milliseconds time_to_send_goodbye{40};
// Frames that the kernel has already may still arrive.
constexpr std::chrono::seconds time_for_kernel{1};
// Servers may ask for the next move before the last one has been drained.
constexpr std::size_t most = 8;

}  // namespace

class LeftConnections::One final : PeerConnectionEvents {
 public:
  One(LeftConnections& all, Kept kept, rtmp::TimePoint now)
      : all_(all), target_(std::move(kept.target)), connection_(std::move(kept.connection)) {
    progress_.restart(now);
    PeerConnectionEvents& events = *this;
    connection_->tell(events);
  }
  ~One() override { retire(); }
  One(const One&) = delete;
  One& operator=(const One&) = delete;

  const PeerConnection* connection() const { return connection_.get(); }
  std::optional<std::uint64_t> unconfirmed() const {
    if (!connection_ || connection_->idle()) return {};
    return connection_->unconfirmed();
  }
  bool kept() const { return connection_ && !deadline_; }
  Kept takeBack() { return {std::move(connection_), std::move(target_)}; }
  void drain(rtmp::TimePoint deadline) { deadline_ = deadline_.value_or(deadline); }
  void dropMedia() {
    if (connection_) connection_->dropMedia();
  }
  void forgetNumbers() {
    if (connection_) connection_->forgetNumbers();
  }
  void bounds(const PeerConnection::Bounds& bounds) {
    if (connection_) connection_->bounds(bounds);
  }
  void tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience);

 private:
  void happened(rtmp::ClientEvent& event) override;
  void moved() override { all_.moved_(); }
  void choked(const std::string&) override { gone(); }
  void closed(net::LinkFailure) override { gone(); }

  void giveUp(rtmp::TimePoint now);
  void gone();
  void retire();
  void abandonMedia();

  LeftConnections& all_;
  Target target_;
  std::optional<rtmp::TimePoint> deadline_;  // none: kept
  Progress progress_;
  std::unique_ptr<PeerConnection> connection_;  // null once it has gone
};

void LeftConnections::One::tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience) {
  if (!connection_) return;
  if (!patience) {
    connection_->relieve(now);
    progress_.restart(now);
  }
  all_.drops_.collect(*connection_);
  if (patience ? progress_.without(now, connection_->stats(), connection_->queued()) >= *patience
               : deadline_ && now >= *deadline_ + time_for_kernel)
    return giveUp(now);
  if (!patience && deadline_ && now >= *deadline_) abandonMedia();
  if (deadline_ && connection_->idle()) connection_->closeWhenSent(time_to_send_goodbye);
}

void LeftConnections::One::giveUp(rtmp::TimePoint now) {
  drain(now);
  abandonMedia();
  connection_->closeWhenSent(time_to_send_goodbye);
  all_.moved_();
}

// Nobody listens to it any more.
void LeftConnections::One::happened(rtmp::ClientEvent& event) {
  if (const auto* call = std::get_if<rtmp::client_event::Called>(&event))
    connection_->callFailed(call->transaction, "This connection is not in use.");
  else if (std::holds_alternative<rtmp::client_event::CloseRequested>(event))
    gone();
}

void LeftConnections::One::gone() {
  retire();
  all_.moved_();
}

void LeftConnections::One::retire() {
  if (!connection_) return;
  abandonMedia();
  all_.sent_ += connection_->sent();
  PeerConnection::retire(std::move(connection_));
}

void LeftConnections::One::abandonMedia() {
  connection_->abandonMedia();
  all_.drops_.collect(*connection_);
}

LeftConnections::LeftConnections(DropReport& drops, std::function<void()> moved)
    : drops_(drops), moved_(std::move(moved)) {}

LeftConnections::~LeftConnections() = default;

void LeftConnections::keep(std::unique_ptr<PeerConnection> connection, Target target, rtmp::TimePoint now) {
  if (all_.size() == most) all_.erase(all_.begin());
  all_.push_back(std::make_unique<One>(*this, Kept{std::move(connection), std::move(target)}, now));
}

void LeftConnections::leave(std::unique_ptr<PeerConnection> connection, rtmp::TimePoint now) {
  if (!connection) return;
  keep(std::move(connection), {}, now);
  all_.back()->drain(now);
}

std::optional<LeftConnections::Kept> LeftConnections::takeBack() {
  const auto found = std::find_if(all_.begin(), all_.end(), [](const auto& one) { return one->kept(); });
  if (found == all_.end()) return {};
  Kept kept = (*found)->takeBack();
  all_.erase(found);
  return kept;
}

void LeftConnections::drain(rtmp::TimePoint deadline) {
  for (const auto& one : all_) one->drain(deadline);
}

void LeftConnections::dropMedia() {
  for (const auto& one : all_) one->dropMedia();
}

void LeftConnections::forgetNumbers() {
  for (const auto& one : all_) one->forgetNumbers();
}

void LeftConnections::clear() {
  all_.clear();
}

void LeftConnections::bounds(const PeerConnection::Bounds& bounds) {
  for (const auto& one : all_) one->bounds(bounds);
}

void LeftConnections::tick(rtmp::TimePoint now, std::optional<std::chrono::milliseconds> patience) {
  for (const auto& one : all_) one->tick(now, patience);
  std::erase_if(all_, [](const auto& one) { return !one->connection(); });
}

std::size_t LeftConnections::queued() const {
  std::size_t bytes = 0;
  for (const auto& one : all_)
    if (one->connection()) bytes += one->connection()->queued();
  return bytes;
}

bool LeftConnections::idle() const {
  return std::all_of(all_.begin(), all_.end(),
                     [](const auto& one) { return !one->connection() || one->connection()->idle(); });
}

rtmp::Duration LeftConnections::queueAge(rtmp::TimePoint now) const {
  rtmp::Duration age{};
  for (const auto& one : all_)
    if (one->connection()) age = std::max(age, one->connection()->queueAge(now));
  return age;
}

std::optional<std::uint64_t> LeftConnections::unconfirmed() const {
  std::optional<std::uint64_t> first;
  for (const auto& one : all_) {
    const auto number = one->unconfirmed();
    if (number && (!first || *number < *first)) first = number;
  }
  return first;
}

Sent LeftConnections::sent() const {
  Sent sum = sent_;
  for (const auto& one : all_)
    if (one->connection()) sum += one->connection()->sent();
  return sum;
}

}  // namespace multiconn::client
