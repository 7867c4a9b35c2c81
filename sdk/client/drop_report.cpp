#include "client/drop_report.hpp"

namespace multiconn::client {

namespace {

constexpr std::chrono::seconds pause_between_reports{1};

std::string describe(const rtmp::DropCounts& counts, std::uint64_t data) {
  return "The server is too slow: " + std::to_string(counts.total()) + " frames were dropped (" +
         std::to_string(counts.disposable) + " disposable, " + std::to_string(counts.inter) + " inter, " +
         std::to_string(counts.key) + " key, " + std::to_string(counts.audio) + " audio)" +
         (data > 0 ? ", and " + std::to_string(data) + " data messages." : ".");
}

}  // namespace

void DropReport::add(const rtmp::DropCounts& counts) {
  counts_.disposable += counts.disposable;
  counts_.inter += counts.inter;
  counts_.key += counts.key;
  counts_.audio += counts.audio;
  total_ += counts.total();
}

std::optional<std::string> DropReport::take(rtmp::TimePoint now) {
  if (counts_.total() + data_ == 0 || (last_ && now - *last_ < pause_between_reports)) return {};
  last_ = now;
  const std::string text = describe(counts_, data_);
  counts_ = {};
  data_ = 0;
  return text;
}

}  // namespace multiconn::client
