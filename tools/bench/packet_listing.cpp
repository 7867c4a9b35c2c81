#include <boost/json.hpp>
#include <fstream>
#include <map>
#include <stdexcept>

#include "packet_reader.hpp"

namespace multiconn::bench {
namespace {

namespace json = boost::json;

std::optional<Microseconds> time(const json::object& line, const char* name) {
  const json::value* value = line.if_contains(name);
  if (value == nullptr || !value->is_number()) return std::nullopt;
  return std::chrono::duration_cast<Microseconds>(
      std::chrono::duration<double, std::milli>(value->to_number<double>()));
}

Packet packetOf(const json::object& line) {
  return {time(line, "dts_ms"), time(line, "pts_ms"), line.at("size").to_number<std::size_t>(),
          std::string(line.at("md5").as_string())};
}

Track trackOf(const json::object& line) {
  Track track;
  track.video = line.at("type").as_string() == "video";
  if (const json::value* codec = line.if_contains("codec"); codec != nullptr && codec->is_string())
    track.codec = std::string(codec->as_string());
  return track;
}

void addLine(const json::object& line, std::map<std::int64_t, Track>& tracks) {
  const json::value* stream = line.if_contains("stream");
  if (stream == nullptr) return;
  const auto number = stream->to_number<std::int64_t>();
  if (const json::value* type = line.if_contains("type")) {
    // FFmpeg makes a data stream of onMetaData.
    if (*type == "video" || *type == "audio") tracks.emplace(number, trackOf(line));
  } else if (const auto track = tracks.find(number); track != tracks.end()) {
    track->second.packets.push_back(packetOf(line));
  }
}

}  // namespace

std::vector<Track> readListing(const std::string& path) {
  std::ifstream file(path);
  if (!file) throw std::runtime_error(path + " cannot be read");
  std::map<std::int64_t, Track> by_number;
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.empty()) continue;
    try {
      addLine(json::parse(line).as_object(), by_number);
    } catch (const std::exception&) {
      throw std::runtime_error(path + ": line " + std::to_string(number) + " is not of a packet listing");
    }
  }
  std::vector<Track> tracks;
  for (auto& [stream, track] : by_number) tracks.push_back(std::move(track));
  return tracks;
}

}  // namespace multiconn::bench
