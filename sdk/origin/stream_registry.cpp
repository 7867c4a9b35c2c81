#include "origin/stream_registry.hpp"

#include <algorithm>

#include "origin/live_play.hpp"
#include "origin/live_stream.hpp"
#include "origin/publication.hpp"
#include "origin/status_report.hpp"
#include "origin/stream_labels.hpp"

namespace multiconn::origin {
namespace {

StreamStatus statusOf(const LiveStream& stream, const StreamLabels& labels) {
  StreamStatus status;
  status.id = labels.id(stream.app(), stream.name());
  status.app = printable(stream.app());
  status.name = labels.name(stream.name());
  if (stream.publisher() != nullptr) status.publisher = stream.publisher()->status();
  for (const LivePlay* play : stream.plays()) ++(play->accepted() ? status.players : status.waiting_players);
  status.dropped_frames = stream.dropped();
  return status;
}

}  // namespace

std::shared_ptr<LiveStream> StreamRegistry::open(const std::string& app, const std::string& name) {
  const Key key{app, name};
  if (const auto known = streams_.find(key); known != streams_.end()) return known->second.lock();
  const std::shared_ptr<LiveStream> stream(new LiveStream(app, name, gop_bytes_),
                                           [this, key](LiveStream* gone) {
                                             streams_.erase(key);
                                             delete gone;
                                           });
  streams_.emplace(key, stream);
  return stream;
}

bool StreamRegistry::published(const std::string& app, const std::string& name) const {
  const auto known = streams_.find({app, name});
  if (known == streams_.end()) return false;
  const auto stream = known->second.lock();
  return stream && stream->publisher() != nullptr;
}

std::vector<StreamStatus> StreamRegistry::status() const {
  std::vector<StreamStatus> all;
  for (const auto& [key, weak] : streams_) {
    if (const auto stream = weak.lock()) all.push_back(statusOf(*stream, labels_));
  }
  return all;
}

std::vector<StreamInfo> StreamRegistry::list(const std::string& app) const {
  std::vector<StreamInfo> all;
  for (auto entry = streams_.lower_bound({app, {}}); entry != streams_.end() && entry->first.first == app;
       ++entry) {
    if (const auto stream = entry->second.lock()) {
      all.push_back({stream->name(), stream->publisher() != nullptr, stream->plays().size()});
    }
  }
  return all;
}

std::string applicationScope(std::string_view app) {
  const bool printable = std::none_of(
      app.begin(), app.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  if (!printable) return {};
  while (app.starts_with('/')) app.remove_prefix(1);
  while (app.ends_with('/')) app.remove_suffix(1);
  if (app.find("//") != std::string_view::npos) return {};
  // What Flash Media Server calls the instance of those who name none.
  constexpr std::string_view default_instance = "/_definst_";
  if (app.ends_with(default_instance)) app.remove_suffix(default_instance.size());
  return std::string(app);
}

}  // namespace multiconn::origin
