#include "client/drop_report.hpp"

#include <algorithm>
#include <array>

namespace multiconn::client {

namespace {

constexpr std::chrono::seconds pause_between_reports{1};
// More than a queue gives up before a server that takes nothing is given up itself.
constexpr std::size_t most_frames = 4096;

constexpr std::array kinds{&rtmp::DropCounts::disposable, &rtmp::DropCounts::inter, &rtmp::DropCounts::key,
                           &rtmp::DropCounts::audio};

void add(rtmp::DropCounts& sum, const rtmp::DropCounts& more) {
  for (const auto kind : kinds) sum.*kind += more.*kind;
}

/// As far as there are so many: what was told already cannot be taken back.
void takeFrom(rtmp::DropCounts& sum, const rtmp::DropCounts& less) {
  for (const auto kind : kinds) sum.*kind -= std::min(sum.*kind, less.*kind);
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

void DropReport::addMissed(const rtmp::DropCounts& counts, const std::vector<MissedFrames>& numbers) {
  client::add(missed_, counts);
  client::add(totals_, counts);
  for (const MissedFrames& range : numbers) {
    if (ranges_.size() == most_frames) ranges_.pop();
    ranges_.push(range);
  }
}

void DropReport::addFrames(rtmp::DropCounts counts, const std::vector<rtmp::DroppedFrame>& frames) {
  for (const rtmp::DroppedFrame& frame : frames) {
    if (frame.number < counted_from_) {
      counts.*frame.kind -= std::min<std::uint64_t>(counts.*frame.kind, 1);
      continue;
    }
    if (frames_.size() == most_frames) frames_.pop();
    frames_.push(frame);
  }
  add(counts);
}

void DropReport::takeBack(std::uint64_t number) {
  counted_from_ = std::max(counted_from_, number);
  for (; !frames_.empty(); frames_.pop()) {
    const rtmp::DroppedFrame frame = frames_.front();
    if (frame.number < number) continue;
    --(totals_.*frame.kind);
    std::uint64_t& unreported = dropped_.*frame.kind;
    unreported -= std::min<std::uint64_t>(unreported, 1);
  }
  for (; !ranges_.empty(); ranges_.pop()) {
    if (ranges_.front().first < number) continue;
    takeFrom(totals_, ranges_.front().counts);
    takeFrom(missed_, ranges_.front().counts);
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
    text += (text.empty() ? "" : " ") + std::string("It has missed ") + std::to_string(missed_.total()) +
            " frames" + byKind(missed_) + ".";
  return text;
}

}  // namespace multiconn::client
