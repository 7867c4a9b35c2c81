#include "client/drop_report.hpp"

#include <algorithm>

namespace multiconn::client {

namespace {

constexpr std::chrono::seconds pause_between_reports{1};
// More than a queue gives up before a server that takes nothing is given up itself.
constexpr std::size_t most_frames = 4096;

void add(rtmp::DropCounts& sum, const rtmp::DropCounts& more) {
  sum.disposable += more.disposable;
  sum.inter += more.inter;
  sum.key += more.key;
  sum.audio += more.audio;
}

std::string byKind(const rtmp::DropCounts& counts) {
  return " (" + std::to_string(counts.disposable) + " disposable, " + std::to_string(counts.inter) +
         " inter, " + std::to_string(counts.key) + " key, " + std::to_string(counts.audio) + " audio)";
}

}  // namespace

void DropReport::add(const rtmp::DropCounts& counts) {
  client::add(dropped_, counts);
  client::add(totals_, counts);
}

void DropReport::addMissed(const rtmp::DropCounts& counts) {
  client::add(missed_, counts);
  client::add(totals_, counts);
}

void DropReport::remember(const std::vector<rtmp::DroppedFrame>& frames) {
  for (const rtmp::DroppedFrame& frame : frames) {
    if (frames_.size() == most_frames) frames_.pop();
    frames_.push(frame);
  }
}

void DropReport::takeBack(std::uint64_t number) {
  for (; !frames_.empty(); frames_.pop()) {
    const rtmp::DroppedFrame frame = frames_.front();
    if (frame.number < number) continue;
    --(totals_.*frame.kind);
    std::uint64_t& unreported = dropped_.*frame.kind;
    unreported -= std::min<std::uint64_t>(unreported, 1);
  }
}

std::optional<std::string> DropReport::take(rtmp::TimePoint now) {
  if (dropped_.total() + missed_.total() + data_ == 0) return {};
  if (last_ && now - *last_ < pause_between_reports) return {};
  last_ = now;
  std::string text = describe();
  dropped_ = missed_ = {};
  data_ = 0;
  return text;
}

std::string DropReport::describe() const {
  std::string text;
  if (dropped_.total() + data_ > 0)
    text = "The server is too slow: " + std::to_string(dropped_.total()) + " frames were dropped" +
           byKind(dropped_) +
           (data_ > 0 ? ", and " + std::to_string(data_) + " data messages." : std::string("."));
  if (missed_.total() > 0)
    text += (text.empty() ? "" : " ") + std::string("While it was away it has missed ") +
            std::to_string(missed_.total()) + " frames" + byKind(missed_) + ".";
  return text;
}

}  // namespace multiconn::client
