#include "client/bandwidth_estimate.hpp"

#include <algorithm>

namespace multiconn::client {

namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

constexpr rtmp::Duration window = 1s;
// A frame that waits for the one before it is no congestion.
constexpr rtmp::Duration least_busy = 400ms;
constexpr rtmp::Duration congested_from = 300ms;
constexpr rtmp::Duration congested_to = 100ms;

constexpr rtmp::Duration first_patience = 3s;
constexpr rtmp::Duration longest_patience = 12s;
constexpr double growth = 1.0 / 12;         // of the estimate, each second
constexpr double least_growth = 1.0 / 50;   // of what was wanted
constexpr double enough_for_wanted = 1.25;  // an encoder stays at four fifths
constexpr double kernels_newest = 1.0 / 8;  // its weight

}  // namespace

void BandwidthEstimate::sample(const BandwidthSample& sample) {
  if (!looks_.empty() && sample.now - looks_.back().at > window) forgetLooks();
  const rtmp::Duration passed = looks_.empty() ? rtmp::Duration() : sample.now - looks_.back().at;
  note(sample);
  if (sample.waiting == 0)
    busy_since_.reset();
  else if (!busy_since_)
    busy_since_ = sample.now;
  if (sample.waiting == 0 || sample.age < congested_to) congested_ = false;
  if (busy_since_ && sample.now - *busy_since_ >= least_busy)
    measureBusy(sample);
  else if (!busy_since_ && looks_.size() > 1)
    measureCalm(sample, passed);
}

std::optional<std::uint64_t> BandwidthEstimate::bitsPerSecond() const {
  if (looks_.size() < 2) return {};
  return static_cast<std::uint64_t>(8 * estimate_);
}

void BandwidthEstimate::note(const BandwidthSample& sample) {
  if (!looks_.empty() &&
      (sample.acknowledged < looks_.back().acknowledged || sample.offered < looks_.back().offered))
    forgetLooks();  // another connection
  looks_.push({sample.now, sample.offered, sample.acknowledged});
  while (looks_.size() > 2 && sample.now - looks_[1].at >= window) looks_.pop();
}

void BandwidthEstimate::forgetLooks() {
  looks_.clear();
  busy_since_.reset();
}

void BandwidthEstimate::measureBusy(const BandwidthSample& sample) {
  estimate_ = rate(&Look::acknowledged, *busy_since_);
  calm_since_ = sample.now;
  if (!congested_ && sample.age >= congested_from) beginCongestion();
}

void BandwidthEstimate::beginCongestion() {
  congested_ = true;
  if (!narrow())
    patience_ = first_patience;
  else if (grown_)
    patience_ = std::min(2 * patience_, longest_patience);
  grown_ = false;
  kernels_ = 0;
  wanted_ = std::max(wanted_, rate(&Look::offered));
}

// The kernel measures single flights of packets. Where something on the way takes much at once and little in
// the long run it says too much: what a congestion has shown goes before it.
void BandwidthEstimate::measureCalm(const BandwidthSample& sample, rtmp::Duration passed) {
  const double carried = rate(&Look::acknowledged);
  if (narrow()) {
    estimate_ = std::max(estimate_, carried);
    if (sample.now - calm_since_ >= patience_) grow(passed);
    if (estimate_ >= enough_for_wanted * wanted_) wanted_ = 0;
    return;
  }
  if (sample.delivery_rate) {
    const auto newest = static_cast<double>(*sample.delivery_rate);
    kernels_ = kernels_ == 0 ? newest : kernels_ + kernels_newest * (newest - kernels_);
  }
  estimate_ = std::max(carried, kernels_);
}

void BandwidthEstimate::grow(rtmp::Duration passed) {
  estimate_ += Seconds(passed).count() * std::max(growth * estimate_, least_growth * wanted_);
  grown_ = true;
}

double BandwidthEstimate::rate(std::uint64_t Look::*bytes, rtmp::TimePoint since) const {
  std::size_t first = 0;
  while (first + 2 < looks_.size() && looks_[first].at < since) ++first;
  const Look& begin = looks_[first];
  const Look& end = looks_.back();
  const double seconds = Seconds(end.at - begin.at).count();
  return seconds > 0 ? static_cast<double>(end.*bytes - begin.*bytes) / seconds : 0;
}

}  // namespace multiconn::client
