#include "publish/stats_json.hpp"

#include <boost/json.hpp>

namespace publish {
namespace {

namespace json = boost::json;

json::object statsRow(const multiconn::ServerStats& server);
json::object summaryRow(const multiconn::ServerStats& server);
template <typename Duration>
json::value count(const std::optional<Duration>& duration);

}  // namespace

void JsonReporter::status(const multiconn::Status& status) {
  json::object line{{"event", "status"},
                    {"server", status.server ? json::value(status.url) : json::value(nullptr)},
                    {"code", status.code},
                    {"level", status.level},
                    {"description", status.description}};
  if (status.server) line["id"] = static_cast<std::uint32_t>(*status.server);
  out_ << json::serialize(line) << std::endl;
}

void JsonReporter::stats(const std::vector<multiconn::ServerStats>& servers) {
  json::array rows;
  for (const auto& server : servers) rows.push_back(statsRow(server));
  out_ << json::serialize(json::object{{"event", "stats"}, {"servers", rows}}) << std::endl;
}

void JsonReporter::summary(const std::vector<multiconn::ServerStats>& servers) {
  json::array rows;
  for (const auto& server : servers) rows.push_back(summaryRow(server));
  out_ << json::serialize(json::object{{"event", "summary"}, {"servers", rows}}) << std::endl;
}

namespace {

json::object droppedByKind(const multiconn::DroppedFrames& dropped) {
  return {{"disposable", dropped.disposable},
          {"inter", dropped.inter},
          {"key", dropped.key},
          {"audio", dropped.audio}};
}

json::object commonRow(const multiconn::ServerStats& server) {
  json::object row{{"id", static_cast<std::uint32_t>(server.id)},
                   {"url", server.url},
                   {"state", multiconn::name(server.state)},
                   {"bytes", server.bytes_sent},
                   {"frames_sent", server.frames_sent},
                   {"frames_dropped", server.frames_dropped},
                   {"dropped", droppedByKind(server.dropped)},
                   {"reconnects", server.reconnects},
                   {"standby", server.standby}};
  if (!server.error.empty()) row["error"] = server.error;
  return row;
}

json::object statsRow(const multiconn::ServerStats& server) {
  auto row = commonRow(server);
  row["queue_bytes"] = server.queue_bytes;
  row["queue_ms"] = server.queue_age.count();
  row["rtt_us"] = count(server.rtt);
  row["bandwidth_bps"] = server.bandwidth ? json::value(*server.bandwidth) : nullptr;
  row["attempts"] = server.attempts;
  row["retry_in_ms"] = count(server.retry_in);
  return row;
}

json::object summaryRow(const multiconn::ServerStats& server) {
  auto row = commonRow(server);
  row["connect_ms"] = count(server.connect_time);
  row["publish_ms"] = count(server.publish_time);
  return row;
}

// Whole numbers: Boost.JSON writes others as 2.1E0.
template <typename Duration>
json::value count(const std::optional<Duration>& duration) {
  return duration ? json::value(duration->count()) : nullptr;
}

}  // namespace
}  // namespace publish
