#include "balance/sealed_datagram.hpp"

#include <gtest/gtest.h>

#include <set>
#include <stdexcept>

#include "balance/reports.hpp"

namespace multiconn::balance::test {
namespace {

using namespace std::chrono_literals;
using rtmp::Bytes;

constexpr std::size_t version_at = 0, key_id_at = 1, guid_at = 5, counter_at = 21, boot_id_at = 29,
                      seq_at = 37, sealed_at = 45;

void flip(Bytes& bytes, std::size_t at) {
  bytes[at] ^= std::byte{1};
}

TEST(SealedDatagram, IsOpenedByWhoHasTheKey) {
  Opener opener(withKeys({key_text}));
  const LoadReport report = fullReport();
  const Bytes datagram = Sealer(SharedKey(key_text), guidOf(7), bootOf(3, 9)).seal(encode(report), 42);
  EXPECT_LE(datagram.size(), max_datagram_bytes);
  const auto opened = opener.open(datagram, report.sent);
  const auto* const good = std::get_if<OpenedReport>(&opened);
  ASSERT_NE(good, nullptr);
  EXPECT_EQ(good->guid, guidOf(7));
  EXPECT_EQ(good->boot, bootOf(3, 9));
  EXPECT_EQ(good->seq, 42U);
  EXPECT_EQ(good->report.connections, report.connections);
}

TEST(SealedDatagram, HidesTheReport) {
  LoadReport report = reportAt(noon);
  report.addresses[0].host = "edge-1.example.com";
  const Bytes datagram = Sealer(SharedKey(key_text), guidOf(7), bootOf(3)).seal(encode(report), 1);
  EXPECT_EQ(rtmp::asText(datagram).find("edge-1"), std::string_view::npos);
}

TEST(SealedDatagram, TakesNoReportThatDoesNotFit) {
  const Sealer sealer(SharedKey(key_text), guidOf(1), bootOf(1));
  EXPECT_EQ(sealer.seal(Bytes(max_report_bytes), 1).size(), 45 + max_report_bytes + 16);
  EXPECT_THROW(sealer.seal(Bytes(max_datagram_bytes), 1), std::invalid_argument);
}

TEST(Opener, NeedsKeys) {
  EXPECT_THROW(Opener(OpenerOptions{}), std::invalid_argument);
  EXPECT_NO_THROW(Opener(withKeys({key_text, key_text})));
}

TEST(Opener, NamesEveryRefusal) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < refusal_count; ++i) names.insert(nameOf(static_cast<Refusal>(i)));
  EXPECT_EQ(names.size(), refusal_count);
  EXPECT_EQ(nameOf(Refusal::oversized), "oversized");
  EXPECT_EQ(nameOf(Refusal::too_many_senders), "too_many_senders");
}

TEST(Opener, RefusesAChangeOfAnyByte) {
  Opener opener(withKeys({key_text}));
  const Sender sender(1);
  const Bytes good = sender.report(1, noon);
  for (std::size_t at = 0; at < good.size(); ++at) {
    Bytes bad = good;
    flip(bad, at);
    const std::string expected = at == version_at ? "unknown_version"
                                 : at < guid_at   ? "unknown_key"
                                                  : "bad_seal";
    EXPECT_EQ(outcomeOf(opener.open(bad, noon)), expected) << "byte " << at;
  }
  EXPECT_EQ(opener.senders(), 0U);
  EXPECT_EQ(outcomeOf(opener.open(good, noon)), "accepted");
  for (const std::size_t at : {guid_at, counter_at, boot_id_at, seq_at, sealed_at}) {
    Bytes bad = sender.report(2, noon);
    flip(bad, at);
    EXPECT_EQ(outcomeOf(opener.open(bad, noon)), "bad_seal") << "byte " << at << ", of a known sender";
  }
  EXPECT_EQ(outcomeOf(opener.open(sender.report(2, noon), noon)), "accepted");
}

TEST(Opener, RefusesOtherSizes) {
  Opener opener(withKeys({key_text}));
  Bytes bytes = Sender(1).report(1, noon);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const std::string outcome = outcomeOf(opener.open(rtmp::BytesView(bytes).first(size), noon));
    EXPECT_EQ(outcome, size < sealed_at + 16 ? "malformed" : "bad_seal") << size << " bytes";
  }
  bytes.resize(max_datagram_bytes);
  EXPECT_EQ(outcomeOf(opener.open(bytes, noon)), "bad_seal");
  bytes.resize(max_datagram_bytes + 1);
  EXPECT_EQ(outcomeOf(opener.open(bytes, noon)), "oversized");
  EXPECT_EQ(outcomeOf(opener.open({}, noon)), "malformed");
}

TEST(Opener, RefusesAnotherKey) {
  Opener opener(withKeys({key_text}));
  Bytes bytes = Sender(1, bootOf(1), other_key_text).report(1, noon);
  EXPECT_EQ(outcomeOf(opener.open(bytes, noon)), "unknown_key");
  const Bytes real = Sender(1).report(1, noon);
  std::copy_n(real.begin() + key_id_at, 4, bytes.begin() + key_id_at);
  EXPECT_EQ(outcomeOf(opener.open(bytes, noon)), "bad_seal");
}

TEST(Opener, SaysWhoseReportIsMalformed) {
  Opener opener(withKeys({key_text}));
  for (const Bytes& report : {Bytes(), Bytes(max_report_bytes), Bytes(10, std::byte{0xFF})}) {
    const auto opened = opener.open(Sender(5).seal(report, 1), noon);
    EXPECT_EQ(outcomeOf(opened), "bad_report");
    EXPECT_EQ(std::get<RefusedReport>(opened).guid, guidOf(5));
  }
  EXPECT_EQ(opener.senders(), 0U);
}

TEST(Opener, TakesEachReportOnceAndInOrder) {
  Opener opener(withKeys({key_text}));
  const Sender sender(1);
  EXPECT_EQ(outcomeOf(opener.open(sender.report(5, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(sender.report(5, noon), noon)), "replayed");
  EXPECT_EQ(outcomeOf(opener.open(sender.report(4, noon), noon)), "replayed");
  EXPECT_EQ(outcomeOf(opener.open(sender.report(9, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(sender.report(6, noon), noon)), "replayed");
  EXPECT_EQ(outcomeOf(opener.open(sender.report(10, noon), noon)), "accepted");
}

TEST(Opener, TakesANewBootAndNothingOlder) {
  Opener opener(withKeys({key_text}));
  const Sender first(1, bootOf(7, 1)), second(1, bootOf(8, 2));
  EXPECT_EQ(outcomeOf(opener.open(first.report(100, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(second.report(1, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(first.report(101, noon), noon)), "old_boot");
  EXPECT_EQ(outcomeOf(opener.open(first.report(100, noon - 1h), noon)), "old_boot")
      << "before its clock is looked at";
  EXPECT_EQ(outcomeOf(opener.open(second.report(2, noon), noon)), "accepted");
}

TEST(Opener, ReportsTwoMachinesWithOneGuid) {
  Opener opener(withKeys({key_text}));
  const Sender first(1, bootOf(7, 1)), twin(1, bootOf(7, 2));
  EXPECT_EQ(outcomeOf(opener.open(first.report(1, noon), noon)), "accepted");
  const auto refused = opener.open(twin.report(50, noon), noon);
  EXPECT_EQ(outcomeOf(refused), "duplicate_guid");
  EXPECT_EQ(std::get<RefusedReport>(refused).guid, guidOf(1));
  EXPECT_EQ(outcomeOf(opener.open(first.report(2, noon + 60s), noon + 60s)), "accepted")
      << "the first goes on";
  EXPECT_EQ(outcomeOf(opener.open(twin.report(51, noon + 120s), noon + 120s)), "duplicate_guid");
  EXPECT_EQ(outcomeOf(opener.open(twin.report(52, noon + 121s), noon + 121s)), "accepted")
      << "the first is gone";
  EXPECT_EQ(outcomeOf(opener.open(first.report(2, noon + 60s), noon + 182s)), "clock_off")
      << "and cannot be put in the other's place again";
}

TEST(Opener, ReportsACopyThatWasStartedMoreOften) {
  Opener opener(withKeys({key_text}));
  const Sender first(1, bootOf(7, 1)), copy(1, bootOf(8, 2));
  EXPECT_EQ(outcomeOf(opener.open(first.report(1, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(copy.report(1, noon + 1s), noon + 1s)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(copy.report(2, noon + 4s), noon + 4s)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(first.report(2, noon + 1s), noon + 4s)), "old_boot")
      << "sent before the other was started: late, or a replay";
  const auto refused = opener.open(first.report(3, noon + 3s), noon + 4s);
  EXPECT_EQ(outcomeOf(refused), "duplicate_guid");
  EXPECT_EQ(std::get<RefusedReport>(refused).guid, guidOf(1));
  EXPECT_EQ(outcomeOf(opener.open(first.report(4, noon + 2h), noon + 4s)), "old_boot")
      << "of a clock that is off nothing is concluded";
  EXPECT_EQ(outcomeOf(opener.open(copy.report(3, noon + 5s), noon + 5s)), "accepted") << "the copy goes on";
}

TEST(Opener, AfterARestartKnowsACopyByTheNextReport) {
  Opener opener(withKeys({key_text}), {{guidOf(1), bootOf(8, 2), 5}}, noon);
  const Sender first(1, bootOf(7, 1)), copy(1, bootOf(8, 2));
  EXPECT_EQ(outcomeOf(opener.open(first.report(1, noon + 1s), noon + 1s)), "old_boot");
  EXPECT_EQ(outcomeOf(opener.open(copy.report(6, noon + 2s), noon + 2s)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(first.report(2, noon + 3s), noon + 3s)), "duplicate_guid");
}

TEST(Opener, WithoutClocksTakesNoOldBootForACopy) {
  OpenerOptions options = withKeys({key_text});
  options.clock_tolerance.reset();
  Opener opener(options);
  EXPECT_EQ(outcomeOf(opener.open(Sender(1, bootOf(8, 2)).report(1, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(Sender(1, bootOf(7, 1)).report(1, noon + 1s), noon + 1s)), "old_boot");
}

TEST(Opener, WaitsForATwinThatReportsSeldom) {
  Opener opener(withKeys({key_text}));
  LoadReport seldom = reportAt(noon);
  seldom.interval = 60s;
  EXPECT_EQ(outcomeOf(opener.open(Sender(1, bootOf(7, 1)).seal(encode(seldom), 1), noon)), "accepted");
  const Sender twin(1, bootOf(7, 2));
  EXPECT_EQ(outcomeOf(opener.open(twin.report(1, noon + 180s), noon + 180s)), "duplicate_guid");
  EXPECT_EQ(outcomeOf(opener.open(twin.report(2, noon + 181s), noon + 181s)), "accepted");
}

TEST(Opener, RefusesAClockThatIsOff) {
  Opener opener(withKeys({key_text}));
  const Sender sender(1);
  const auto late = opener.open(sender.report(1, noon - 30001ms), noon);
  EXPECT_EQ(outcomeOf(late), "clock_off");
  EXPECT_EQ(std::get<RefusedReport>(late).clock_offset, -30001ms);
  EXPECT_EQ(std::get<RefusedReport>(late).guid, guidOf(1));
  const auto early = opener.open(sender.report(2, noon + 1h), noon);
  EXPECT_EQ(std::get<RefusedReport>(early).clock_offset, 1h);
  EXPECT_EQ(opener.senders(), 0U);
  EXPECT_EQ(outcomeOf(opener.open(sender.report(3, noon - 30s), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(sender.report(4, noon + 30s), noon)), "accepted");
}

TEST(Opener, ComparesNoClocksWhenToldSo) {
  OpenerOptions options = withKeys({key_text});
  options.clock_tolerance.reset();
  Opener opener(options, {}, noon);
  const Sender sender(1);
  EXPECT_EQ(outcomeOf(opener.open(sender.report(1, noon - 1h), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(sender.report(1, noon - 1h), noon)), "replayed");
}

TEST(Opener, RefusesAReplayAfterARestart) {
  Opener before(withKeys({key_text}));
  const Sender known(1), unsaved(2);
  EXPECT_EQ(outcomeOf(before.open(known.report(5, noon), noon)), "accepted");
  const std::vector<SenderMark> marks = before.marks();
  const Bytes recorded = unsaved.report(1, noon + 900ms);
  EXPECT_EQ(outcomeOf(before.open(recorded, noon + 900ms)), "accepted");

  Opener after(withKeys({key_text}), marks, noon + 1s);
  EXPECT_EQ(after.senders(), 1U);
  EXPECT_EQ(outcomeOf(after.open(known.report(5, noon), noon + 2s)), "replayed");
  EXPECT_EQ(outcomeOf(after.open(recorded, noon + 2s)), "before_restart");
  EXPECT_EQ(outcomeOf(after.open(unsaved.report(2, noon + 1s), noon + 2s)), "before_restart");
  EXPECT_EQ(outcomeOf(after.open(unsaved.report(3, noon + 1001ms), noon + 2s)), "accepted");
  EXPECT_EQ(outcomeOf(after.open(known.report(6, noon + 2s), noon + 2s)), "accepted");
  EXPECT_EQ(outcomeOf(after.open(Sender(1, bootOf(0)).report(9, noon + 2s), noon + 3s)), "old_boot");
}

TEST(Opener, IsNotHeldUpByAStateFileOfTheFuture) {
  Opener opener(withKeys({key_text}), {}, noon + 24h);
  EXPECT_EQ(outcomeOf(opener.open(Sender(1).report(1, noon), noon)), "accepted");
}

TEST(Opener, RotatesKeys) {
  Opener opener(withKeys({key_text}));
  const Sender old_one(1), new_one(1, bootOf(1), other_key_text);
  EXPECT_EQ(outcomeOf(opener.open(old_one.report(1, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(new_one.report(2, noon), noon)), "unknown_key");
  opener.setKeys({SharedKey(key_text), SharedKey(other_key_text)});
  EXPECT_EQ(outcomeOf(opener.open(new_one.report(3, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(old_one.report(4, noon), noon)), "accepted")
      << "both, while agents are changed over";
  opener.setKeys({SharedKey(other_key_text)});
  EXPECT_EQ(outcomeOf(opener.open(old_one.report(5, noon), noon)), "unknown_key");
  EXPECT_EQ(outcomeOf(opener.open(new_one.report(4, noon), noon)), "replayed") << "senders are kept";
  EXPECT_EQ(outcomeOf(opener.open(new_one.report(5, noon), noon)), "accepted");
  EXPECT_THROW(opener.setKeys({}), std::invalid_argument);
  EXPECT_EQ(outcomeOf(opener.open(new_one.report(6, noon), noon)), "accepted");
}

TEST(Opener, GivesThePlaceOfASilentSenderAway) {
  OpenerOptions options = withKeys({key_text});
  options.max_senders = 2;
  Opener opener(options);
  const auto report = [&](unsigned sender, WallTime now) {
    return outcomeOf(
        opener.open(Sender(sender).report(static_cast<std::uint64_t>((now - noon).count()) + 1, now), now));
  };
  EXPECT_EQ(report(1, noon), "accepted");
  EXPECT_EQ(report(2, noon + 1min), "accepted");
  EXPECT_EQ(report(3, noon + 10min), "too_many_senders");
  EXPECT_EQ(report(3, noon + 10min + 1ms), "accepted");
  EXPECT_EQ(opener.senders(), 2U);
  EXPECT_EQ(report(2, noon + 10min + 2ms), "accepted") << "the one that was silent longest went";
  EXPECT_EQ(outcomeOf(opener.open(Sender(1).report(1, noon), noon + 11min)), "clock_off");
  EXPECT_EQ(report(1, noon + 11min), "too_many_senders");
}

TEST(Opener, KeepsSendersForADayWhereClocksAreNotCompared) {
  OpenerOptions options = withKeys({key_text});
  options.max_senders = 1;
  options.clock_tolerance.reset();
  Opener opener(options);
  EXPECT_EQ(outcomeOf(opener.open(Sender(1).report(1, noon), noon)), "accepted");
  EXPECT_EQ(outcomeOf(opener.open(Sender(2).report(1, noon), noon + 24h)), "too_many_senders");
  EXPECT_EQ(outcomeOf(opener.open(Sender(2).report(1, noon), noon + 24h + 1ms)), "accepted");
}

}  // namespace
}  // namespace multiconn::balance::test
