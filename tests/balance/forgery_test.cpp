// A million datagrams that nobody should believe.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <random>

#include "balance/reports.hpp"
#include "net/counted_allocations.hpp"

namespace multiconn::balance::test {
namespace {

using rtmp::Bytes;
using rtmp::BytesView;

constexpr unsigned edges = 50, reports_of_each = 100;
constexpr int attempts = 1'000'000;
constexpr std::size_t clear_bytes = 45;

// What an attacker has who hears all and knows everything but the key.
class Attacker {
 public:
  enum Kind : unsigned {
    bits_flipped,
    truncated,
    lengthened,
    replayed,
    previous_boot,
    rekeyed,
    other_key,
    spliced,
    garbage_sealed,
    unknown_sender,
    reordered,
    header_raised,
    oversized,
    noise,
    kinds
  };

  explicit Attacker(std::uint64_t seed) : random_(seed) {
    for (unsigned edge = 0; edge < edges; ++edge) {
      const Sender now(edge, bootOf(2)), before(edge, bootOf(1));
      const Sender wrong(edge, bootOf(2), "a guess at what the key is"),
          other(edge, bootOf(2), other_key_text);
      for (unsigned i = 0; i < reports_of_each; ++i) {
        recorded.push_back(now.report(2 * i + 2, noon));
        held_back_.push_back(now.report(2 * i + 1, noon));
        before_.push_back(before.report(1000 + i, noon));
        other_key_.push_back(other.report(1000 + i, noon));
        rekeyed_.push_back(wrong.report(1000 + i, noon));
        std::copy_n(recorded[0].begin() + 1, 4, rekeyed_.back().begin() + 1);  // the id of the real key
      }
    }
  }

  // Into a buffer of its own, so that what allocates is the opener.
  BytesView attempt(Kind kind) {
    switch (kind) {
      case replayed:
        return any(recorded);
      case previous_boot:
        return any(before_);
      case rekeyed:
        return any(rekeyed_);
      case other_key:
        return any(other_key_);
      case reordered:
        return any(held_back_);
      case noise:
        fill(0, random_() % (max_datagram_bytes + 1));
        return buffer();
      default:
        copy(any(recorded));
        change(kind);
        return buffer();
    }
  }

  std::vector<Bytes> recorded;

 private:
  BytesView any(const std::vector<Bytes>& pool) { return pool[random_() % pool.size()]; }
  BytesView buffer() const { return BytesView(buffer_).first(size_); }
  void copy(BytesView bytes) {
    std::copy(bytes.begin(), bytes.end(), buffer_.begin());
    size_ = bytes.size();
  }
  void fill(std::size_t from, std::size_t size) {
    size_ = size;
    for (std::size_t i = from; i < size; ++i) buffer_[i] = static_cast<std::byte>(random_() & 0xFF);
  }
  void change(Kind kind) {
    switch (kind) {
      case bits_flipped:
        for (auto count = 1 + random_() % 8; count > 0; --count)
          buffer_[random_() % size_] ^= static_cast<std::byte>(1U << random_() % 8);
        break;
      case truncated:
        size_ = random_() % size_;
        break;
      case lengthened:
        fill(size_, size_ + 1 + random_() % (max_datagram_bytes - size_));
        break;
      case spliced: {
        const BytesView donor = any(recorded).subspan(clear_bytes);
        std::copy(donor.begin(), donor.end(), buffer_.begin() + clear_bytes);
        size_ = clear_bytes + donor.size();
        break;
      }
      case garbage_sealed:
        fill(clear_bytes, size_);
        break;
      case unknown_sender:
        fill(5, 21);
        size_ = any(recorded).size();
        break;
      case header_raised: {
        const std::size_t at = random_() % 2 == 0 ? 21 + 3 : 37 + 3;  // the boot counter, the seq
        buffer_[at] = static_cast<std::byte>(random_() & 0xFF) | std::byte{1};
        break;
      }
      default:
        fill(size_, max_datagram_bytes + 1 + random_() % 300);
    }
  }

  std::mt19937_64 random_;
  std::vector<Bytes> held_back_, before_, other_key_, rekeyed_;
  std::array<std::byte, 2 * max_datagram_bytes> buffer_{};
  std::size_t size_ = 0;
};

struct Tally {
  std::array<int, refusal_count> refused{};
  int accepted = 0;

  void count(const Opened& opened) {
    if (const auto* const refusal = std::get_if<RefusedReport>(&opened)) {
      ++refused[static_cast<std::size_t>(refusal->reason)];
    } else {
      ++accepted;
    }
  }
  int of(Refusal refusal) const { return refused[static_cast<std::size_t>(refusal)]; }
  int total() const { return std::accumulate(refused.begin(), refused.end(), 0); }
};

std::vector<std::uint64_t> seqs(const Opener& opener) {
  std::vector<std::uint64_t> all;
  for (const SenderMark& mark : opener.marks()) all.push_back(mark.seq);
  return all;
}

TEST(Forgery, AMillionAttemptsComeToNothing) {
  Attacker attacker(20);
  Opener opener(withKeys({key_text}));
  for (const Bytes& datagram : attacker.recorded)
    ASSERT_EQ(outcomeOf(opener.open(datagram, noon)), "accepted");
  const auto before = seqs(opener);
  ASSERT_EQ(before, std::vector<std::uint64_t>(edges, 2 * reports_of_each));

  Tally tally;
  std::mt19937_64 random(4);
  const auto attack = [&](int count) {
    for (int i = 0; i < count; ++i)
      tally.count(
          opener.open(attacker.attempt(static_cast<Attacker::Kind>(random() % Attacker::kinds)), noon));
  };
  attack(attempts / 100);
  const std::size_t used = mallinfo2().uordblks;
  attack(attempts - attempts / 100);
  EXPECT_LE(mallinfo2().uordblks, used + 4096) << "bytes in use";

  EXPECT_EQ(tally.accepted, 0);
  EXPECT_EQ(tally.total(), attempts) << "each is counted";
  for (const Refusal refusal :
       {Refusal::oversized, Refusal::malformed, Refusal::unknown_version, Refusal::unknown_key,
        Refusal::bad_seal, Refusal::old_boot, Refusal::replayed})
    EXPECT_GT(tally.of(refusal), attempts / 100) << nameOf(refusal);
  EXPECT_EQ(opener.senders(), edges);
  EXPECT_EQ(seqs(opener), before);
  for (unsigned edge = 0; edge < edges; ++edge) {
    const Bytes next = Sender(edge, bootOf(2)).report(2 * reports_of_each + 1, noon);
    EXPECT_EQ(outcomeOf(opener.open(next, noon)), "accepted") << "edge " << edge << " goes on";
  }
}

TEST(Forgery, AllocatesNothing) {
  Attacker attacker(21);
  Opener opener(withKeys({key_text}));
  for (const Bytes& datagram : attacker.recorded) opener.open(datagram, noon);
  for (const auto kind :
       {Attacker::bits_flipped, Attacker::truncated, Attacker::lengthened, Attacker::rekeyed,
        Attacker::other_key, Attacker::garbage_sealed, Attacker::unknown_sender, Attacker::header_raised,
        Attacker::oversized, Attacker::noise}) {
    Tally tally;
    const std::size_t before = net::test::allocationCount();
    for (int i = 0; i < 1000; ++i) tally.count(opener.open(attacker.attempt(kind), noon));
    EXPECT_EQ(net::test::allocationCount(), before) << "attempts of kind " << kind;
    EXPECT_EQ(tally.total(), 1000);
  }
}

TEST(Forgery, ARestartOpensNoDoor) {
  Attacker attacker(22);
  Opener first(withKeys({key_text}));
  for (const Bytes& datagram : attacker.recorded) first.open(datagram, noon);
  // Half of the senders are lost with the state that was not written any more; the clock still knows them.
  std::vector<SenderMark> saved = first.marks();
  saved.resize(saved.size() / 2);
  Opener second(withKeys({key_text}), saved, noon);
  Tally tally;
  const WallTime later = noon + milliseconds(500);
  for (const Bytes& datagram : attacker.recorded) tally.count(second.open(datagram, later));
  for (unsigned i = 0; i < 20'000; ++i)
    tally.count(second.open(attacker.attempt(static_cast<Attacker::Kind>(i % Attacker::kinds)), later));
  EXPECT_EQ(tally.accepted, 0);
  EXPECT_EQ(second.senders(), edges / 2);
  EXPECT_GT(tally.of(Refusal::replayed), 0);
  EXPECT_GT(tally.of(Refusal::old_boot), 0);
  EXPECT_GT(tally.of(Refusal::before_restart), 0);
}

}  // namespace
}  // namespace multiconn::balance::test
