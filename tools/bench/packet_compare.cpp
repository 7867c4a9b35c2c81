#include "packet_compare.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace multiconn::bench {
namespace {

constexpr Microseconds millisecond{1000};
// Times are rounded to microseconds before they are rounded to milliseconds.
constexpr Microseconds slack{2};

struct Pair {
  std::size_t input = 0;
  std::size_t capture = 0;
};

/// Which packets of two tracks belong together.
struct Alignment {
  std::vector<Pair> pairs;
  std::size_t lost = 0;
  std::size_t extra = 0;
  std::size_t differing = 0;
};

/// Finds the next packet with a given payload.
class PayloadIndex {
 public:
  explicit PayloadIndex(const std::vector<Packet>& packets) {
    for (std::size_t i = 0; i < packets.size(); ++i) positions_[packets[i].md5].push_back(i);
  }
  /// How far from `from` on; nothing when it does not come again.
  std::optional<std::size_t> distance(const std::string& md5, std::size_t from) const {
    const auto found = positions_.find(md5);
    if (found == positions_.end()) return std::nullopt;
    const auto next = std::lower_bound(found->second.begin(), found->second.end(), from);
    if (next == found->second.end()) return std::nullopt;
    return *next - from;
  }

 private:
  std::unordered_map<std::string, std::vector<std::size_t>> positions_;
};

// Where the two disagree, the shorter way to agree again is taken.
Alignment align(const std::vector<Packet>& input, const std::vector<Packet>& capture) {
  const PayloadIndex in_input(input);
  const PayloadIndex in_capture(capture);
  Alignment alignment;
  std::size_t i = 0;
  std::size_t c = 0;
  while (i < input.size() && c < capture.size()) {
    if (input[i].md5 == capture[c].md5) {
      alignment.pairs.push_back({i++, c++});
      continue;
    }
    const auto lost = in_input.distance(capture[c].md5, i);
    const auto extra = in_capture.distance(input[i].md5, c);
    if (!lost && !extra) {
      ++alignment.differing;
      ++i, ++c;
    } else if (lost && (!extra || *lost <= *extra)) {
      alignment.lost += *lost;
      i += *lost;
    } else {
      alignment.extra += *extra;
      c += *extra;
    }
  }
  alignment.lost += input.size() - i;
  alignment.extra += capture.size() - c;
  return alignment;
}

struct Compared {
  const Track* input = nullptr;
  const Track* capture = nullptr;
  Alignment alignment;
};

const Track* firstOf(const std::vector<Track>& tracks, bool video) {
  const auto found =
      std::find_if(tracks.begin(), tracks.end(), [&](const Track& each) { return each.video == video; });
  return found == tracks.end() ? nullptr : &*found;
}

std::vector<Compared> matchTracks(const std::vector<Track>& input, const std::vector<Track>& capture) {
  static const Track nothing;
  std::vector<Compared> all;
  for (const bool video : {true, false}) {
    const Track* in = firstOf(input, video);
    const Track* out = firstOf(capture, video);
    if (in == nullptr && out == nullptr) continue;
    Compared compared{in != nullptr ? in : &nothing, out != nullptr ? out : &nothing, {}};
    compared.alignment = align(compared.input->packets, compared.capture->packets);
    all.push_back(std::move(compared));
  }
  return all;
}

double inMilliseconds(Microseconds time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

// RTMP's times have 32 bits: after 49 days a capture begins again at 0.
Microseconds unwrapped(Microseconds shift, Microseconds reference) {
  constexpr Microseconds wrap = millisecond * (std::int64_t{1} << 32);
  const auto wraps = std::llround(inMilliseconds(shift - reference) / inMilliseconds(wrap));
  return shift - wraps * wrap;
}

// Capture minus input, of every dts and pts that both have.
std::vector<Microseconds> shifts(const Compared& track) {
  std::vector<Microseconds> all;
  for (const Pair& pair : track.alignment.pairs) {
    const Packet& in = track.input->packets[pair.input];
    const Packet& out = track.capture->packets[pair.capture];
    if (in.dts && out.dts) all.push_back(*out.dts - *in.dts);
    if (track.input->video && in.pts && out.pts) all.push_back(*out.pts - *in.pts);
  }
  return all;
}

// The rounded times equal one constant plus the exact ones if and only if all shifts lie within one
// millisecond.
void judgeExact(const std::vector<Compared>& tracks, std::vector<TrackReport>& reports) {
  std::vector<Microseconds> all;
  for (const Compared& track : tracks) {
    const std::vector<Microseconds> more = shifts(track);
    all.insert(all.end(), more.begin(), more.end());
  }
  if (all.empty()) return;
  for (Microseconds& shift : all) shift = unwrapped(shift, all.front());
  const auto [least, most] = std::minmax_element(all.begin(), all.end());
  if (*most - *least <= millisecond + slack) return;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::nth_element(all.begin(), middle, all.end());
  const Microseconds constant = *middle;
  for (std::size_t i = 0; i < tracks.size(); ++i)
    for (const Microseconds shift : shifts(tracks[i]))
      reports[i].worst_ms =
          std::max(reports[i].worst_ms, std::abs(inMilliseconds(unwrapped(shift, constant) - constant)));
}

bool isMilliseconds(const std::vector<Packet>& packets) {
  return std::all_of(packets.begin(), packets.end(), [](const Packet& each) {
    return !each.dts || *each.dts % millisecond == Microseconds(0);
  });
}

// What was sent had been rounded to milliseconds already, which alone may move a difference by less than one.
double worstStep(const Compared& track) {
  const Microseconds tolerance = isMilliseconds(track.input->packets) ? millisecond : 2 * millisecond;
  double worst = 0;
  const std::vector<Pair>& pairs = track.alignment.pairs;
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    const auto step = [&](const std::vector<Packet>& packets,
                          std::size_t Pair::*side) -> std::optional<Microseconds> {
      const auto& from = packets[pairs[i - 1].*side].dts;
      const auto& to = packets[pairs[i].*side].dts;
      if (!from || !to) return std::nullopt;
      return *to - *from;
    };
    const auto in = step(track.input->packets, &Pair::input);
    const auto out = step(track.capture->packets, &Pair::capture);
    if (!in || !out) continue;
    const Microseconds difference = std::chrono::abs(*out - *in);
    if (difference > tolerance) worst = std::max(worst, inMilliseconds(difference));
  }
  return worst;
}

// nginx-rtmp shifts a picture, and leaves alone by how much pts is ahead of dts.
double worstLead(const Compared& track) {
  double worst = 0;
  for (const Pair& pair : track.alignment.pairs) {
    const Packet& in = track.input->packets[pair.input];
    const Packet& out = track.capture->packets[pair.capture];
    if (!in.dts || !in.pts || !out.dts || !out.pts) continue;
    const Microseconds difference = std::chrono::abs((*out.pts - *out.dts) - (*in.pts - *in.dts));
    if (difference > millisecond + slack) worst = std::max(worst, inMilliseconds(difference));
  }
  return worst;
}

// FFmpeg takes packets of VP8 from RTMP, and calls their codec "none".
bool isKnown(const std::string& codec) {
  return !codec.empty() && codec != "none" && codec != "unknown_codec";
}

bool haveOtherCodecs(const Compared& track) {
  const std::string &in = track.input->codec, &out = track.capture->codec;
  return isKnown(in) && isKnown(out) && in != out;
}

}  // namespace

Report compare(const std::vector<Track>& input, const std::vector<Track>& capture, TimestampRule rule) {
  const std::vector<Compared> tracks = matchTracks(input, capture);
  Report report;
  for (const Compared& track : tracks) {
    const Track& named = track.input->packets.empty() ? *track.capture : *track.input;
    report.tracks.push_back({named.video, named.codec, haveOtherCodecs(track), track.input->packets.size(),
                             track.alignment.lost, track.alignment.extra, track.alignment.differing, 0,
                             false});
    if (rule == TimestampRule::nginx)
      report.tracks.back().worst_ms = std::max(worstStep(track), worstLead(track));
  }
  if (rule == TimestampRule::exact) judgeExact(tracks, report.tracks);
  for (TrackReport& each : report.tracks)
    each.equal = each.frames > 0 && !each.other_codec && each.lost + each.extra + each.differing == 0 &&
                 each.worst_ms == 0;
  report.equal = !report.tracks.empty() && std::all_of(report.tracks.begin(), report.tracks.end(),
                                                       [](const TrackReport& each) { return each.equal; });
  return report;
}

}  // namespace multiconn::bench
