#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "balance/load_report.hpp"
#include "balance/types.hpp"
#include "rtmp/bytes.hpp"

namespace multiconn::balance {

constexpr std::size_t max_datagram_bytes = 1200;

/// The text shared by balancer and agents. Its id, sent in clear, is no help in guessing it: the first 4
/// bytes of an HKDF output of the text.
class SharedKey {
 public:
  explicit SharedKey(std::string text);
  const std::string& text() const { return text_; }
  std::uint32_t id() const { return id_; }

 private:
  std::string text_;
  std::uint32_t id_;
};

/// Seals the reports of one agent for one key: AES-256-GCM, the key of a sender being
/// HKDF-SHA256(text, salt = GUID | boot counter | boot id, info "multiconn report 1"), the nonce its seq;
/// version, key id, GUID, boot and seq in clear as associated data.
class Sealer {
 public:
  Sealer(const SharedKey& key, const Guid& guid, const Boot& boot);
  /// One datagram of at most max_datagram_bytes. `seq` is never to be used twice in a boot: one counter for
  /// all targets.
  rtmp::Bytes seal(rtmp::BytesView report, std::uint64_t seq) const;

 private:
  std::uint32_t key_id_;
  Guid guid_;
  Boot boot_;
  std::array<std::byte, 32> key_;
};

enum class Refusal : std::uint8_t {
  oversized,
  malformed,  ///< too short
  unknown_version,
  unknown_key,
  bad_seal,
  bad_report,      ///< well sealed, but no report
  old_boot,        ///< a lower boot counter than the sender's last
  replayed,        ///< seq not above the last of this boot
  duplicate_guid,  ///< two machines, one Server.guid: the same counter with another boot id, or a lower
                   ///< counter in a report that is newer than the start of the higher one
  clock_off,       ///< the sender's clock is off by more than the tolerance
  before_restart,  ///< not sent after the state was last saved
  too_many_senders,
};
constexpr std::size_t refusal_count = 12;
/// As it stands in metrics: "bad_seal".
std::string_view nameOf(Refusal refusal);

/// The last that was accepted of one sender. What a state file keeps.
struct SenderMark {
  Guid guid;
  Boot boot;
  std::uint64_t seq = 0;
};

struct OpenerOptions {
  std::vector<SharedKey> keys;  ///< at least one; several while keys are rotated
  /// Nothing: clocks are not compared, and what was sent before a restart of the balancer may be replayed.
  std::optional<milliseconds> clock_tolerance{30000};
  /// Beyond it a new sender takes the place of the one that was silent longest, if nothing of that one's
  /// could be replayed any more: 10 minutes at least, a day where clocks are not compared.
  std::size_t max_senders = 16384;
};

/// A report whose sender is proven.
struct OpenedReport {
  Guid guid;
  Boot boot;
  std::uint64_t seq = 0;
  LoadReport report;
};

/// Why there is none. `guid` and `clock_offset` only where the seal was good.
struct RefusedReport {
  Refusal reason;
  std::optional<Guid> guid;
  milliseconds clock_offset{};  ///< the sender's clock minus ours, with clock_off
};

/// Opens datagrams, and refuses those that were forged, replayed, reordered or damaged. Memory is bounded by
/// max_senders; only senders that know the key are remembered, and nothing changes before the seal is proven.
class Opener {
 public:
  /// `saved` and `saved_at` come from the state file: nothing that was sent up to `saved_at` is accepted,
  /// unless that lies in the future or clocks are not compared. Throws std::invalid_argument with one
  /// sentence when there is no key, or when two different keys have one id.
  explicit Opener(OpenerOptions options, std::vector<SenderMark> saved = {},
                  std::optional<WallTime> saved_at = {});
  Opener(Opener&&) noexcept;
  Opener& operator=(Opener&&) noexcept;
  ~Opener();

  std::variant<OpenedReport, RefusedReport> open(rtmp::BytesView datagram, WallTime now);

  /// For the state file.
  std::vector<SenderMark> marks() const;
  std::size_t senders() const { return senders_.size(); }
  /// New keys, old ones gone: senders are kept. Throws as the constructor does, and then changes nothing.
  void setKeys(std::vector<SharedKey> keys);

 private:
  class Crypto;
  struct Envelope;
  struct Sender {
    Boot boot;
    std::uint64_t seq = 0;
    std::uint32_t key_id = 0;
    std::optional<std::array<std::byte, 32>> key;  // derived, for this boot and key
    WallTime heard{};                              // our clock
    milliseconds interval{};
    std::optional<WallTime> boot_sent;  // its clock, with the first report of this boot that came to us
  };

  const std::array<std::byte, 32>* keyFor(const Envelope& envelope, const Sender* sender,
                                          std::array<std::byte, 32>& derived);
  std::optional<Refusal> judge(const Envelope& envelope, const Sender* sender, const LoadReport& report,
                               WallTime now) const;
  bool isCopy(const Sender& sender, const LoadReport& report, WallTime now) const;
  bool isAlive(const Sender& sender, WallTime now) const;
  bool makeRoom(WallTime now);

  OpenerOptions options_;
  std::map<Guid, Sender> senders_;
  std::optional<WallTime> saved_at_;
  std::unique_ptr<Crypto> crypto_;
};

}  // namespace multiconn::balance
