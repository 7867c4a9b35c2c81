#include "compare.hpp"

#include <boost/json.hpp>
#include <cstdio>
#include <iostream>

#include "packet_reader.hpp"

namespace multiconn::bench {
namespace {

const char* verdict(const TrackReport& track) {
  if (track.other_codec) return "ANOTHER CODEC";
  return track.equal ? "equal" : "DIFFERENT";
}

void printTable(const Report& report) {
  std::printf("%-14s %8s %8s %8s %10s %12s  %s\n", "track", "frames", "lost", "extra", "differing",
              "worst ms", "verdict");
  for (const TrackReport& each : report.tracks) {
    const std::string name = std::string(each.video ? "video " : "audio ") + each.codec;
    std::printf("%-14s %8zu %8zu %8zu %10zu %12.3f  %s\n", name.c_str(), each.frames, each.lost, each.extra,
                each.differing, each.worst_ms, verdict(each));
  }
  if (report.tracks.empty()) std::printf("no tracks to compare\n");
}

void printJson(const Report& report) {
  boost::json::array tracks;
  for (const TrackReport& each : report.tracks)
    tracks.push_back({{"type", each.video ? "video" : "audio"},
                      {"codec", each.codec},
                      {"other_codec", each.other_codec},
                      {"frames", each.frames},
                      {"lost", each.lost},
                      {"extra", each.extra},
                      {"differing", each.differing},
                      {"worst_ms", each.worst_ms},
                      {"equal", each.equal}});
  const boost::json::object all{{"tracks", std::move(tracks)}, {"equal", report.equal}};
  std::cout << boost::json::serialize(all) << '\n';
}

}  // namespace

int runCompare(const CompareOptions& options) {
  // A listing has the payload as it was sent; a capture may have been remuxed into other lengths.
  const NalLengths lengths = options.listing ? NalLengths::as_given : NalLengths::four;
  const std::vector<Track> input = readMedia(options.input, lengths);
  const std::vector<Track> capture =
      options.listing ? readListing(options.capture) : readMedia(options.capture, lengths);
  const Report report = compare(input, capture, options.timestamps);
  options.json ? printJson(report) : printTable(report);
  constexpr int not_equal = 3;
  return report.equal ? 0 : not_equal;
}

}  // namespace multiconn::bench
