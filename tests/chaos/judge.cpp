#include "chaos/judge.hpp"

#include <array>
#include <map>

namespace multiconn::chaos {

namespace {

constexpr std::array kinds{Kind::video, Kind::audio};
// Between an outage's end, as the server sees it, and the moment at which the client looks into its ring.
constexpr std::chrono::milliseconds resume_margin{1500};

std::string called(Kind kind, std::uint32_t number) {
  return (kind == Kind::video ? "picture " : "sound ") + std::to_string(number);
}

/// The numbers between two neighbours that are no disposable pictures.
bool indispensable(const Ledger& ledger, Kind kind, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t number = from + 1; number < to; ++number)
    if (ledger.of(kind)[number].kind != FrameKind::disposable) return true;
  return false;
}

/// Where a decoder has to begin for what was written then: the ring has all from there, or nothing.
net::TimePoint groupOf(const Ledger& ledger, net::TimePoint at) {
  net::TimePoint begun = at;
  for (const Written& written : ledger.of(Kind::video)) {
    if (written.at > at) break;
    if (written.kind == FrameKind::key) begun = written.at;
  }
  return begun;
}

/// Of everything that was written in between, with what a message weighs beside its body.
std::size_t bytesSince(const Ledger& ledger, net::TimePoint since, net::TimePoint until) {
  constexpr std::size_t beside = 192;
  std::size_t bytes = 0;
  for (const Kind kind : kinds)
    for (const Written& written : ledger.of(kind))
      if (written.at >= since && written.at <= until) bytes += written.size + beside;
  return bytes;
}

/// Whether the ring has to have had this frame until then.
bool covered(const Claim& claim, const Written& missed, net::TimePoint until) {
  return until - missed.at + resume_margin <= claim.resume_age &&
         bytesSince(claim.ledger, groupOf(claim.ledger, missed.at), until) * 5 / 4 <= claim.resume_bytes;
}

class PublicationJudge {
 public:
  PublicationJudge(const Claim& claim, const Publication& publication)
      : claim_(claim), publication_(publication) {}

  void judge() {
    for (const Seen& seen : publication_.frames) {
      Track& track = tracks_[seen.kind == Kind::video ? 0 : 1];
      if (seen.config) {
        track.configured = true;
        continue;
      }
      const Written& written = claim_.ledger.of(seen.kind)[seen.number];
      if (!track.configured) say(seen, "came before its configuration record");
      if (seen.timestamp != written.timestamp)
        say(seen,
            "has timestamp " + std::to_string(seen.timestamp) + ", not " + std::to_string(written.timestamp));
      if (!broadcast_) broadcast_ = written.broadcast;
      if (written.broadcast != *broadcast_) say(seen, "belongs to another broadcast");
      if (track.last) {
        judgeStep(seen, *track.last, written);
      } else if (seen.kind == Kind::video && written.kind != FrameKind::key) {
        say(seen, "comes first and is no keyframe");
      }
      track.last = seen.number;
    }
  }

 private:
  struct Track {
    bool configured = false;
    std::optional<std::uint32_t> last;
  };

  void judgeStep(const Seen& seen, std::uint32_t last, const Written& written) {
    if (seen.number <= last) return say(seen, "came after " + std::to_string(last));
    if (seen.number == last + 1) return;
    const Written& missed = claim_.ledger.of(seen.kind)[last + 1];
    if (!publication_.slow && covered(claim_, missed, seen.at))
      return say(seen, "came next after " + std::to_string(last));
    if (seen.kind == Kind::video && written.kind != FrameKind::key &&
        indispensable(claim_.ledger, seen.kind, last, seen.number))
      say(seen, "cannot be decoded after " + std::to_string(last));
  }
  void say(const Seen& seen, const std::string& what) {
    claim_.complain(claim_.server + " connection " + std::to_string(publication_.connection) + ": " +
                    called(seen.kind, seen.number) + " " + what);
  }

  const Claim& claim_;
  const Publication& publication_;
  std::array<Track, 2> tracks_;
  std::optional<std::uint32_t> broadcast_;
};

struct Extent {
  std::uint32_t first = 0, last = 0, broadcast = 0;
};

std::optional<Extent> extent(const Ledger& ledger, const Publication& publication, Kind kind) {
  std::optional<Extent> extent;
  for (const Seen& seen : publication.frames) {
    if (seen.config || seen.kind != kind) continue;
    if (!extent) extent = Extent{seen.number, seen.number, ledger.of(kind)[seen.number].broadcast};
    extent->last = std::max(extent->last, seen.number);
  }
  return extent;
}

}  // namespace

void judgePublication(const Claim& claim, const Publication& publication) {
  PublicationJudge(claim, publication).judge();
  if (!publication.frames.empty() && !publication.metadata_first)
    claim.complain(claim.server + ": media before metadata");
}

void judgeResumption(const Claim& claim, const std::vector<Publication>& publications) {
  if (claim.resume_age == net::Duration()) return;
  for (const Kind kind : kinds) {
    std::optional<Extent> before;
    bool choked = false;
    for (const Publication& publication : publications) {
      const auto now = extent(claim.ledger, publication, kind);
      if (now && before && before->broadcast == now->broadcast && !choked && now->first > before->last + 1) {
        const Written& missed = claim.ledger.of(kind)[before->last + 1];
        if (covered(claim, missed, publication.started))
          claim.complain(claim.server + ": " + called(kind, before->last) + " was its last and " +
                         called(kind, now->first) + " is where it went on, " +
                         std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(
                                            publication.started - missed.at)
                                            .count()) +
                         " ms later");
      }
      if (now && (!before || before->broadcast != now->broadcast)) {
        before = now;
        choked = false;
      } else if (now) {
        before->last = std::max(before->last, now->last);
      }
      choked = choked || publication.choked;
    }
  }
}

void judgeUntouched(const Claim& claim, const std::vector<Publication>& publications,
                    std::uint32_t data_sent) {
  for (const Kind kind : kinds) {
    std::uint32_t next = 0;
    for (const Publication& publication : publications) {
      const auto range = extent(claim.ledger, publication, kind);
      if (!range) continue;
      if (range->first != next)
        claim.complain(claim.server + ": " + called(kind, range->first) + " where " + called(kind, next) +
                       " was due");
      next = range->last + 1;
    }
    if (next != claim.ledger.of(kind).size())
      claim.complain(claim.server + ": ends at " + called(kind, next) + " of " +
                     std::to_string(claim.ledger.of(kind).size()));
  }
  std::uint32_t sent = 0;
  for (const Publication& publication : publications)
    for (const std::uint32_t number : publication.data)
      if (number != sent++)
        claim.complain(claim.server + ": data message " + std::to_string(number) + " came out of turn");
  if (sent != data_sent)
    claim.complain(claim.server + ": got " + std::to_string(sent) + " data messages of " +
                   std::to_string(data_sent));
}

void judgeEnd(const Claim& claim, const std::vector<Publication>& publications) {
  for (const Kind kind : kinds) {
    if (claim.ledger.of(kind).empty()) continue;
    const auto range = publications.empty() ? std::nullopt : extent(claim.ledger, publications.back(), kind);
    const auto newest = static_cast<std::uint32_t>(claim.ledger.of(kind).size() - 1);
    if (!range || range->last != newest)
      claim.complain(claim.server + ": ends without " + called(kind, newest) + ", at " +
                     (range ? called(kind, range->last) : "nothing"));
  }
}

}  // namespace multiconn::chaos
