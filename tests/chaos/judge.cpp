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
      // As serial numbers modulo 2^32: hours later they begin again at 0.
      if (track.last && static_cast<std::int32_t>(seen.timestamp - track.timestamp) < 0)
        say(seen, "has timestamp " + std::to_string(seen.timestamp) + ", which runs backwards from " +
                      std::to_string(track.timestamp));
      track.timestamp = seen.timestamp;
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
    std::uint32_t timestamp = 0;  // of it
  };

  void judgeStep(const Seen& seen, std::uint32_t last, const Written& written) {
    if (seen.number == last) return say(seen, "came twice");
    if (seen.number < last) return say(seen, "came after " + std::to_string(last));
    if (seen.number == last + 1) return;
    const Written& missed = claim_.ledger.of(seen.kind)[last + 1];
    // What is not resumed from the ring cannot be overtaken by it either.
    const bool due = claim_.resume_age == net::Duration() || covered(claim_, missed, seen.at);
    if (!publication_.slow && due) return say(seen, "came next after " + std::to_string(last));
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

class ResumptionJudge {
 public:
  ResumptionJudge(const Claim& claim, Kind kind, Resumptions& sum) : claim_(claim), kind_(kind), sum_(sum) {}

  void next(const Publication& publication) {
    const auto now = extent(claim_.ledger, publication, kind_);
    const bool same = now && before_ && before_->broadcast == now->broadcast;
    if (same && !choked_) judge(publication, *now);
    if (same) {
      before_->last = std::max(before_->last, now->last);
    } else if (now) {
      before_ = now;
      choked_ = false;
    }
    choked_ = choked_ || publication.choked;
  }

 private:
  void judge(const Publication& publication, const Extent& now) {
    const std::vector<Written>& written = claim_.ledger.of(kind_);
    const std::uint32_t wanted = before_->last + 1;
    const bool whole = now.first <= wanted;
    if (wanted == written.size()) return;
    const Written& missed = written[wanted];
    if (covered(claim_, missed, publication.started)) {
      if (!whole) return complain(publication, now, missed);
      if (missed.at < publication.started) ++sum_.whole;
    } else if (!whole && kind_ == Kind::video && !publication.slow) {
      judgeKeyframe(publication, now);
    }
  }
  void judgeKeyframe(const Publication& publication, const Extent& now) {
    const std::vector<Written>& pictures = claim_.ledger.of(Kind::video);
    for (std::uint32_t number = now.first + 1; number < pictures.size(); ++number) {
      if (pictures[number].at > publication.started) break;
      if (pictures[number].kind == FrameKind::key)
        return claim_.complain(claim_.server + ": " + called(kind_, now.first) +
                               " is where it went on, and " + called(kind_, number) +
                               " was a newer keyframe");
    }
    ++sum_.at_keyframe;
  }
  void complain(const Publication& publication, const Extent& now, const Written& missed) {
    const auto outage =
        std::chrono::duration_cast<std::chrono::milliseconds>(publication.started - missed.at);
    claim_.complain(claim_.server + ": " + called(kind_, before_->last) + " was its last and " +
                    called(kind_, now.first) + " is where it went on, " + std::to_string(outage.count()) +
                    " ms later");
  }

  const Claim& claim_;
  Kind kind_;
  Resumptions& sum_;
  std::optional<Extent> before_;
  bool choked_ = false;
};

}  // namespace

void judgePublication(const Claim& claim, const Publication& publication) {
  PublicationJudge(claim, publication).judge();
  if (!publication.frames.empty() && !publication.metadata_first)
    claim.complain(claim.server + ": media before metadata");
}

Resumptions judgeResumption(const Claim& claim, const std::vector<Publication>& publications) {
  Resumptions sum;
  if (claim.resume_age == net::Duration()) return sum;
  for (const Kind kind : kinds) {
    ResumptionJudge judge(claim, kind, sum);
    for (const Publication& publication : publications) judge.next(publication);
  }
  return sum;
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

bool judgeEnd(const Claim& claim, const std::vector<Publication>& publications) {
  bool complete = true;
  for (const Kind kind : kinds) {
    if (claim.ledger.of(kind).empty()) continue;
    const auto range = publications.empty() ? std::nullopt : extent(claim.ledger, publications.back(), kind);
    const auto newest = static_cast<std::uint32_t>(claim.ledger.of(kind).size() - 1);
    if (range && range->last == newest) continue;
    complete = false;
    claim.complain(claim.server + ": ends without " + called(kind, newest) + ", at " +
                   (range ? called(kind, range->last) : "nothing"));
  }
  return complete;
}

}  // namespace multiconn::chaos
