#include "bench_publisher.hpp"

#include <algorithm>
#include <future>
#include <stdexcept>
#include <thread>

#include "frame_log.hpp"
#include "sockets.hpp"

namespace multiconn::bench {

ConnectOptions BenchPublisher::quickToRetry() {
  ConnectOptions options;
  options.require = Require::any();
  options.reconnect.longest_delay = std::chrono::milliseconds(1000);
  options.reconnect.healthy_after = std::chrono::milliseconds(500);
  return options;
}

BenchPublisher::BenchPublisher(std::vector<Destination> destinations, const ConnectOptions& options,
                               bool stream)
    : connection_(runtime_, options) {
  connection_.onStatus([this](const Status& status) { hear(status); });
  if (stream) {
    stream_ = connection_.setNetStreams();
    stream_.onStatus([this](const Status& status) { hear(status); });
    stream_.publish("bench");
  }
  connection_.connect(std::move(destinations));
}

BenchPublisher::~BenchPublisher() {
  broadcast_.reset();
  std::promise<void> closed;
  connection_.ncClose([&] { closed.set_value(); });
  closed.get_future().wait();
}

void BenchPublisher::broadcast(const BroadcastOptions& options) {
  broadcast_ = std::make_unique<MarkedBroadcast>(stream_, options);
}

void BenchPublisher::endBroadcast() {
  broadcast_->stop();
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
}

BenchPublisher::Told BenchPublisher::waitFor(ServerId server, const std::vector<std::string>& codes,
                                             std::int64_t from_us, std::chrono::seconds patience) {
  const auto wanted = [&](const Told& told) {
    return told.at_us >= from_us && told.status.server == server &&
           std::find(codes.begin(), codes.end(), told.status.code) != codes.end();
  };
  std::unique_lock lock(mutex_);
  auto found = told_.end();
  const auto heard = [&] {
    found = std::find_if(told_.begin(), told_.end(), wanted);
    return found != told_.end();
  };
  if (!changed_.wait_for(lock, patience, heard))
    throw std::runtime_error("no " + codes.front() + " within " + std::to_string(patience.count()) + " s");
  return *found;
}

std::vector<PlannedAttempt> BenchPublisher::attempts(ServerId server, std::int64_t from_us) const {
  const std::lock_guard lock(mutex_);
  std::vector<PlannedAttempt> all;
  for (const Told& told : told_) {
    if (told.at_us < from_us || told.status.server != server) continue;
    if (const auto delay = announcedDelay(told.status)) all.push_back({told.at_us, told.at_us + *delay});
  }
  return all;
}

void BenchPublisher::hear(const Status& status) {
  const std::lock_guard lock(mutex_);
  told_.push_back({nowMicroseconds(), status});
  changed_.notify_all();
}

Destination loopbackDestination(std::uint16_t port, std::size_t index) {
  Destination destination;
  destination.url = "rtmp://127.0.0.1:" + std::to_string(port) + "/live";
  destination.stream = streamName(index);
  return destination;
}

}  // namespace multiconn::bench
