#include "chaos/judge.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "chaos/ring_claim.hpp"

namespace multiconn::chaos {

namespace {

constexpr std::array kinds{Kind::video, Kind::audio};

std::string called(Kind kind, std::uint32_t number) {
  return (kind == Kind::video ? "picture " : "sound ") + std::to_string(number);
}

/// The numbers between two neighbours that are no disposable pictures.
bool indispensable(const Ledger& ledger, Kind kind, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t number = from + 1; number < to; ++number)
    if (ledger.of(kind)[number].kind != FrameKind::disposable) return true;
  return false;
}

/// From the number `from` on, up to the one before `to`.
void note(Lacking& lacking, Kind kind, std::uint32_t from, std::uint32_t to) {
  for (std::uint32_t number = from; number < to; ++number) lacking.of(kind).insert(number);
}

class PublicationJudge {
 public:
  PublicationJudge(const Claim& claim, const Publication& publication)
      : claim_(claim), publication_(publication) {}

  Lacking judge() {
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
    return lacking_;
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
    if (!publication_.slow && covered(claim_, missed, seen.at) && !heldTooMuch(claim_, missed))
      return say(seen, "came next after " + std::to_string(last));
    note(lacking_, seen.kind, last + 1, seen.number);
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
  Lacking lacking_;
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
    moved_ = moved_ && publication.moved;
    slow_ = slow_ || publication.slow;
    if (same && !choked_) judge(publication, *now);
    if (same) {
      before_->last = std::max(before_->last, now->last);
    } else if (now) {
      before_ = now;
      choked_ = false;
    }
    choked_ = choked_ || publication.choked;
    if (!now) return attempts_.push_back(publication.started);
    attempts_.clear();
    moved_ = true;
    slow_ = publication.slow;
  }

 private:
  void judge(const Publication& publication, const Extent& now) {
    const std::vector<Written>& written = claim_.ledger.of(kind_);
    const std::uint32_t wanted = before_->last + 1;
    if (wanted == written.size() || claim_.returns == Claim::Returns::spare) return;
    const Written& missed = written[wanted];
    const bool due = claim_.returns == Claim::Returns::whole && covered(claim_, missed, publication.started);
    if (now.first <= wanted) {
      if (due && missed.at < publication.started) ++sum_.whole;
      return;
    }
    note(sum_.lacking, kind_, wanted, now.first);
    const bool late = publication.started - missed.at > claim_.queue_age;
    if (claim_.returns == Claim::Returns::live || (moved_ && (slow_ || late))) return;
    if (due) return complain(publication, now, missed);
    if (kind_ == Kind::video && !publication.slow) judgeKeyframe(publication, now);
  }
  // What a publication began with that came to nothing, the next one begins with too.
  void judgeKeyframe(const Publication& publication, const Extent& now) {
    const auto newer = newerKeyframe(now.first, publication.started);
    const net::TimePoint written = claim_.ledger.of(kind_)[now.first].at;
    const bool kept = std::any_of(attempts_.begin(), attempts_.end(), [&](net::TimePoint at) {
      return at >= written && !newerKeyframe(now.first, at);
    });
    if (!newer || kept) {
      ++sum_.at_keyframe;
      return;
    }
    claim_.complain(claim_.server + ": " + called(kind_, now.first) + " is where it went on, and " +
                    called(kind_, *newer) + " was a newer keyframe");
  }
  /// The next one behind this picture, if it was written by then.
  std::optional<std::uint32_t> newerKeyframe(std::uint32_t from, net::TimePoint by) const {
    const std::vector<Written>& pictures = claim_.ledger.of(Kind::video);
    for (std::uint32_t number = from + 1; number < pictures.size() && pictures[number].at <= by; ++number)
      if (pictures[number].kind == FrameKind::key) return number;
    return {};
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
  bool moved_ = true, slow_ = false;      // all the way since then
  std::vector<net::TimePoint> attempts_;  // that have brought nothing since then
};

}  // namespace

Lacking judgePublication(const Claim& claim, const Publication& publication) {
  if (!publication.frames.empty() && !publication.metadata_first)
    claim.complain(claim.server + ": media before metadata");
  return PublicationJudge(claim, publication).judge();
}

Resumptions judgeResumption(const Claim& claim, const std::vector<Publication>& publications) {
  Resumptions sum;
  for (const Kind kind : kinds) {
    ResumptionJudge judge(claim, kind, sum);
    for (const Publication& publication : publications) judge.next(publication);
  }
  return sum;
}

void Lacking::add(const Lacking& more) {
  video.insert(more.video.begin(), more.video.end());
  audio.insert(more.audio.begin(), more.audio.end());
}

void judgeCounts(const Claim& claim, const std::vector<Publication>& publications, Lacking lacking,
                 const DroppedFrames& counted) {
  for (const Publication& publication : publications)
    for (const Seen& seen : publication.frames)
      if (!seen.config) lacking.of(seen.kind).erase(seen.number);
  std::map<FrameKind, std::uint64_t> pictures;
  for (const std::uint32_t number : lacking.video) ++pictures[claim.ledger.of(Kind::video)[number].kind];
  const auto check = [&](const char* kind, std::uint64_t lacks, std::uint64_t counts) {
    if (lacks > counts)
      claim.complain(claim.server + ": lacks " + std::to_string(lacks) + " " + kind + ", and " +
                     std::to_string(counts) + " were counted");
  };
  check("disposable pictures", pictures[FrameKind::disposable], counted.disposable);
  check("pictures between keyframes", pictures[FrameKind::inter], counted.inter);
  check("keyframes", pictures[FrameKind::key], counted.key);
  check("sounds", lacking.audio.size(), counted.audio);
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
