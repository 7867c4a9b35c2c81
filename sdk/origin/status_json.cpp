#include <boost/json.hpp>
#include <cmath>
#include <utility>

#include "http/plain_json.hpp"
#include "origin/status_report.hpp"

namespace multiconn::origin {
namespace {

namespace json = boost::json;

double rounded(double seconds) {
  return std::round(seconds * 1000) / 1000;
}

json::value textOrNull(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value publisherJson(const StreamStatus& stream) {
  if (!stream.publisher) return nullptr;
  const PublisherStatus& publisher = *stream.publisher;
  return json::object{{"address", publisher.address},
                      {"since_s", rounded(publisher.since_s)},
                      {"bytes", publisher.bytes},
                      {"video_codec", textOrNull(publisher.video_codec)},
                      {"audio_codec", textOrNull(publisher.audio_codec)},
                      {"recording", publisher.recording}};
}

json::object streamJson(const StreamStatus& stream) {
  return {{"id", stream.id},
          {"app", stream.app},
          {"name", stream.name},
          {"publisher", publisherJson(stream)},
          {"players", stream.players},
          {"waiting_players", stream.waiting_players},
          {"dropped_frames", stream.dropped_frames}};
}

json::object objectJson(const SharedObjectStatus& object) {
  return {{"name", object.name},   {"persistent", object.persistent}, {"version", object.version},
          {"slots", object.slots}, {"bytes", object.bytes},           {"subscribers", object.subscribers},
          {"saved", object.saved}};
}

json::object applicationJson(const ApplicationStatus& application) {
  json::array objects;
  for (const SharedObjectStatus& object : application.shared_objects) objects.push_back(objectJson(object));
  return {
      {"app", application.scope}, {"clients", application.clients}, {"shared_objects", std::move(objects)}};
}

}  // namespace

std::string toJson(const StatusReport& report) {
  json::array streams;
  for (const StreamStatus& stream : report.streams) streams.push_back(streamJson(stream));
  json::array applications;
  for (const ApplicationStatus& application : report.applications) {
    applications.push_back(applicationJson(application));
  }
  const json::object document{{"uptime_s", rounded(report.uptime_s)},
                              {"connections", report.connections},
                              {"connections_total", report.connections_total},
                              {"connections_refused", report.connections_refused},
                              {"bytes_in", report.bytes_in},
                              {"bytes_out", report.bytes_out},
                              {"streams", std::move(streams)},
                              {"applications", std::move(applications)}};
  return http::plainJson(document);
}

}  // namespace multiconn::origin
