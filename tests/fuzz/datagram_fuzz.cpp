#include <array>
#include <map>

#include "balance/sealed_datagram.hpp"
#include "fuzz/fuzz_input.hpp"

namespace {

using namespace multiconn;
using namespace multiconn::balance;
using rtmp::fuzz::choice;
using rtmp::fuzz::require;

constexpr const char* key_text = "023D4FB4IS83";
constexpr WallTime start{milliseconds{1'700'000'000'000}};
constexpr milliseconds tolerance{30'000};
constexpr std::size_t max_senders = 3;

OpenerOptions options() {
  static const SharedKey key(key_text);
  OpenerOptions result;
  result.keys.push_back(key);
  result.max_senders = max_senders;
  return result;
}

Guid guidOf(unsigned number) {
  Guid guid;
  guid.bytes[15] = static_cast<std::byte>(number);
  return guid;
}

/// Agents, an attacker between them and the balancer, and what must hold of everything that is accepted.
class Story {
 public:
  // Six bytes: who, boot counter and id, seq, how the sender's clock is off, how much time goes by, what is
  // done.
  void step(rtmp::BytesView& input) {
    const unsigned who = choice(input) & 3;
    const unsigned boot_bits = choice(input);
    const Boot boot{boot_bits >> 2 & 7, {static_cast<std::byte>(boot_bits & 3)}};
    const std::uint64_t seq = choice(input);
    const WallTime sent = now_ + milliseconds((choice(input) - 128) * 300);
    now_ += milliseconds(choice(input) * 500);
    const unsigned action = choice(input);

    LoadReport report;
    report.sent = sent;
    report.addresses = {{"rtmp", "a", 0, ""}};
    rtmp::Bytes datagram = sealer(who, boot).seal(encode(report), seq);
    if ((action & 1) != 0) {
      // Behind the version and the key's id, so that the seal itself is what refuses.
      datagram[5 + (action >> 1) % (datagram.size() - 5)] ^= std::byte{0x10};
    }
    const auto opened = opener_.open(datagram, now_);
    require(opener_.senders() <= max_senders);
    if (std::holds_alternative<RefusedReport>(opened)) return;
    require((action & 1) == 0);
    accepted(std::get<OpenedReport>(opened));
    if ((action & 2) != 0) require(std::holds_alternative<RefusedReport>(opener_.open(datagram, now_)));
    if ((action & 12) == 12) opener_ = Opener(options(), opener_.marks(), now_);
  }

 private:
  struct Last {
    Boot boot;
    std::uint64_t seq;
    WallTime heard;
  };

  const Sealer& sealer(unsigned who, const Boot& boot) {
    const std::array<std::uint64_t, 3> name = {who, boot.counter, std::to_integer<std::uint64_t>(boot.id[0])};
    return sealers_.try_emplace(name, options().keys[0], guidOf(who), boot).first->second;
  }

  void accepted(const OpenedReport& opened) {
    require(opened.report.sent <= now_ + tolerance && opened.report.sent >= now_ - tolerance);
    const auto found = last_.find(opened.guid);
    if (found != last_.end() && now_ - found->second.heard <= 2 * tolerance) {
      const Last& last = found->second;
      const bool newer =
          opened.boot.counter > last.boot.counter || (opened.boot == last.boot && opened.seq > last.seq);
      require(newer);
    }
    last_[opened.guid] = {opened.boot, opened.seq, now_};
  }

  Opener opener_{options()};
  std::map<Guid, Last> last_;
  std::map<std::array<std::uint64_t, 3>, Sealer> sealers_;
  WallTime now_ = start;
};

}  // namespace

// Input: 0 and a datagram, or anything else and the steps of a story.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  rtmp::BytesView input = rtmp::fuzz::inputOf(data, size);
  if (choice(input) == 0) {
    Opener opener(options());
    const auto opened = opener.open(input, start);
    const bool accepted = std::holds_alternative<OpenedReport>(opened);
    require(opener.senders() == (accepted ? 1 : 0));
    require(std::holds_alternative<RefusedReport>(opener.open(input, start)));
    return 0;
  }
  Story story;
  for (int steps = 0; steps < 60 && !input.empty(); ++steps) story.step(input);
  return 0;
}
