#include <algorithm>
#include <stdexcept>
#include <utility>

#include "balance/sealed_datagram.hpp"
#include "balance/sealed_datagram_crypto.hpp"

namespace multiconn::balance {
namespace {

using rtmp::ByteReader;
using rtmp::BytesView;

// What can be dropped without opening a way for replays even if the peer's clock and ours lie apart.
constexpr milliseconds forgettable{10 * 60 * 1000}, forgettable_without_clock{24 * 60 * 60 * 1000};
constexpr milliseconds alive_without_clock{60'000};

std::uint64_t take64(ByteReader& reader) {
  const std::uint64_t high = reader.u32();
  return high << 32 | reader.u32();
}

std::vector<SharedKey> checked(std::vector<SharedKey> keys) {
  if (keys.empty()) throw std::invalid_argument("there is no key to open load reports with");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      if (keys[i].id() == keys[j].id() && keys[i].text() != keys[j].text())
        throw std::invalid_argument("two of the keys have the same id; make a new one for one of them");
    }
  }
  return keys;
}

}  // namespace

class Opener::Crypto {
 public:
  Hkdf hkdf;
  Gcm gcm;
};

struct Opener::Envelope {
  std::uint32_t key_id = 0;
  Guid guid;
  Boot boot;
  std::uint64_t seq = 0;

  static std::variant<Envelope, Refusal> of(BytesView datagram);
};

Opener::Opener(OpenerOptions options, std::vector<SenderMark> saved, std::optional<WallTime> saved_at)
    : options_(std::move(options)), saved_at_(saved_at), crypto_(std::make_unique<Crypto>()) {
  options_.keys = checked(std::move(options_.keys));
  for (const SenderMark& mark : saved) {
    if (senders_.size() == options_.max_senders) break;
    Sender& sender = senders_[mark.guid];
    sender.boot = mark.boot;
    sender.seq = mark.seq;
    sender.heard = saved_at.value_or(WallTime());
  }
}

Opener::Opener(Opener&&) noexcept = default;
Opener& Opener::operator=(Opener&&) noexcept = default;
Opener::~Opener() = default;

std::variant<OpenedReport, RefusedReport> Opener::open(BytesView datagram, WallTime now) {
  const auto refuse = [](Refusal reason) { return RefusedReport{reason, {}, {}}; };
  const auto parsed = Envelope::of(datagram);
  if (const auto* const reason = std::get_if<Refusal>(&parsed)) return refuse(*reason);
  const Envelope& envelope = *std::get_if<Envelope>(&parsed);

  const auto found = senders_.find(envelope.guid);
  const Sender* const sender = found == senders_.end() ? nullptr : &found->second;
  DerivedKey derived;
  const DerivedKey* const key = keyFor(envelope, sender, derived);
  if (key == nullptr) return refuse(Refusal::unknown_key);
  std::array<std::byte, max_datagram_bytes> plain;
  const BytesView sealed = datagram.subspan(clear_bytes);
  if (!crypto_->gcm.open(*key, envelope.seq, datagram.first(clear_bytes), sealed, plain))
    return refuse(Refusal::bad_seal);

  auto report = decodeReport(BytesView(plain).first(sealed.size() - tag_bytes));
  if (!report) return RefusedReport{Refusal::bad_report, envelope.guid, {}};
  if (const auto reason = judge(envelope, sender, *report, now)) {
    const bool off = *reason == Refusal::clock_off;
    return RefusedReport{*reason, envelope.guid, off ? report->sent - now : milliseconds()};
  }
  if (sender == nullptr && !makeRoom(now)) return RefusedReport{Refusal::too_many_senders, envelope.guid, {}};
  const DerivedKey accepted_key = *key;  // *key may lie in the entry that is written
  const bool same_boot = sender != nullptr && sender->boot == envelope.boot && sender->boot_sent;
  const WallTime boot_sent = same_boot ? *sender->boot_sent : report->sent;
  senders_[envelope.guid] = {envelope.boot, envelope.seq,     envelope.key_id, accepted_key,
                             now,           report->interval, boot_sent};
  return OpenedReport{envelope.guid, envelope.boot, envelope.seq, std::move(*report)};
}

std::vector<SenderMark> Opener::marks() const {
  std::vector<SenderMark> marks;
  marks.reserve(senders_.size());
  for (const auto& [guid, sender] : senders_) marks.push_back({guid, sender.boot, sender.seq});
  return marks;
}

void Opener::setKeys(std::vector<SharedKey> keys) {
  options_.keys = checked(std::move(keys));
  for (auto& [guid, sender] : senders_) sender.key.reset();
}

std::variant<Opener::Envelope, Refusal> Opener::Envelope::of(BytesView datagram) {
  if (datagram.size() > max_datagram_bytes) return Refusal::oversized;
  if (datagram.empty()) return Refusal::malformed;
  ByteReader reader(datagram);
  if (reader.u8() != datagram_version) return Refusal::unknown_version;
  if (datagram.size() < clear_bytes + tag_bytes) return Refusal::malformed;
  Envelope envelope;
  envelope.key_id = reader.u32();
  const auto copy = [&reader](auto& to) {
    const BytesView bytes = reader.take(to.size());
    std::copy(bytes.begin(), bytes.end(), to.begin());
  };
  copy(envelope.guid.bytes);
  envelope.boot.counter = take64(reader);
  copy(envelope.boot.id);
  envelope.seq = take64(reader);
  return envelope;
}

// An unknown sender costs one derivation and no memory, whether its seal turns out good or not.
const DerivedKey* Opener::keyFor(const Envelope& envelope, const Sender* sender, DerivedKey& derived) {
  const auto key = std::find_if(options_.keys.begin(), options_.keys.end(),
                                [&](const SharedKey& k) { return k.id() == envelope.key_id; });
  if (key == options_.keys.end()) return nullptr;
  const bool cached =
      sender != nullptr && sender->key && sender->key_id == envelope.key_id && sender->boot == envelope.boot;
  if (cached) return &*sender->key;
  derived = crypto_->hkdf.derive(*key, envelope.guid, envelope.boot);
  return &derived;
}

// Of a report with a good seal. The sender's order comes before its clock, so that an old recording is not
// taken for an edge whose clock is wrong.
std::optional<Refusal> Opener::judge(const Envelope& envelope, const Sender* sender, const LoadReport& report,
                                     WallTime now) const {
  if (sender != nullptr) {
    const Boot& last = sender->boot;
    if (envelope.boot.counter < last.counter)
      return isCopy(*sender, report, now) ? Refusal::duplicate_guid : Refusal::old_boot;
    if (envelope.boot == last && envelope.seq <= sender->seq) return Refusal::replayed;
    const bool twin = envelope.boot.counter == last.counter && envelope.boot.id != last.id;
    if (twin && isAlive(*sender, now)) return Refusal::duplicate_guid;
  }
  if (!options_.clock_tolerance) return {};
  const milliseconds tolerance = *options_.clock_tolerance;
  if (report.sent > now + tolerance || report.sent < now - tolerance) return Refusal::clock_off;
  // A time of saving in the future was taken from a clock that was wrong, or is.
  if (saved_at_ && report.sent <= *saved_at_ && *saved_at_ <= now + tolerance) return Refusal::before_restart;
  return {};
}

// Of a report with a lower boot counter: what an agent sent before it was started anew is older than all it
// has sent since. Only where clocks are compared, since one that was put back would look like a second one.
bool Opener::isCopy(const Sender& sender, const LoadReport& report, WallTime now) const {
  if (!options_.clock_tolerance || !sender.boot_sent) return false;
  const milliseconds tolerance = *options_.clock_tolerance;
  const bool timely = report.sent <= now + tolerance && report.sent >= now - tolerance;
  return timely && report.sent > *sender.boot_sent;
}

// When it no longer is, none of its reports is young enough to be replayed in place of its successor's.
bool Opener::isAlive(const Sender& sender, WallTime now) const {
  const milliseconds after = options_.clock_tolerance ? 2 * *options_.clock_tolerance : alive_without_clock;
  return now - sender.heard <= std::max(after, 3 * sender.interval);
}

bool Opener::makeRoom(WallTime now) {
  if (senders_.size() < options_.max_senders) return true;
  const auto oldest = std::min_element(senders_.begin(), senders_.end(), [](const auto& a, const auto& b) {
    return a.second.heard < b.second.heard;
  });
  if (oldest == senders_.end()) return false;
  const milliseconds old = options_.clock_tolerance ? std::max(forgettable, 2 * *options_.clock_tolerance)
                                                    : forgettable_without_clock;
  if (now - oldest->second.heard <= old) return false;
  senders_.erase(oldest);
  return true;
}

}  // namespace multiconn::balance
