#include "chaos/run.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>

#include <multiconn/multiconn.hpp>

#include "chaos/engine.hpp"
#include "chaos/faults.hpp"
#include "chaos/judge.hpp"
#include "chaos/random.hpp"
#include "chaos/witness.hpp"
#include "chaos/world.hpp"
#include "support/media_frames.hpp"

namespace multiconn::chaos {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr milliseconds longest_close{250};
// A server that was mute is waited for before it is tried again, and then there is the back-off.
constexpr auto longest_return = 120s;
constexpr std::size_t most_complaints = 20;
constexpr microseconds ntsc_interval{1001 * 1000 / 30};

// Half a millisecond goes up.
milliseconds rounded(microseconds time) {
  return std::chrono::floor<milliseconds>(time + 500us);
}

/// One destination of a run.
struct Site {
  std::string host;
  ServerId id{};
  std::shared_ptr<Server> server;
  std::vector<Fault> faults;
  bool touched = false;   // faults, or it came later than the others
  bool may_fail = false;  // it has told the client not to come back
  bool removed = false;
  bool resumes = true;
  bool spare = false;
  std::size_t met_before = 0;  // the present fault
};

class Run {
 public:
  Run(std::uint64_t seed, const RunOptions& options)
      : random_(seed),
        options_(options),
        witness_([this](std::string what) { complain(std::move(what)); }),
        runtime_(std::make_unique<Engine>(world_, Random(seed + 1), alive_)),
        start_(world_.loop.now()) {}

  RunResult go() {
    decide();
    open();
    if (awaitUntouched()) {
      play(span_, true);
      if (ending_ == Ending::complete) healAndComplete();
    }
    end();
    judge();
    return result();
  }

 private:
  enum class Ending : std::uint8_t { complete, close_in_the_middle, destroy_in_the_middle };

  // --- What the seed decides

  void decide() {
    span_ = random_.milliseconds(1500, 8000);
    interval_ = random_.chance(25) ? ntsc_interval : milliseconds(random_.number(35, 90));
    gop_ = static_cast<std::uint32_t>(random_.number(1, 40));
    has_video_ = random_.chance(90);
    has_audio_ = !has_video_ || random_.chance(75);
    disposable_ = random_.chance(30);
    largest_ = random_.number(100, 6000);
    waits_ = random_.chance(15);
    const std::size_t fate = random_.number(1, 100);
    ending_ = fate <= 70   ? Ending::complete
              : fate <= 85 ? Ending::close_in_the_middle
                           : Ending::destroy_in_the_middle;
    decideOptions();
    dts_ = firstDts();
    const std::size_t count = random_.number(1, 6);
    const std::size_t healthy = random_.number(count == 1 ? 0 : 1, count);
    for (std::size_t i = 0; i < count; ++i) addSite(i >= healthy);
  }

  /// Where RTMP's timestamps need another field (2^24), and begin again (2^32), too.
  milliseconds firstDts() {
    constexpr std::array borders{1ULL << 24U, 1ULL << 32U};
    if (connect_options_.timestamps == Timestamps::epoch && random_.chance(70))
      return milliseconds(random_.of<unsigned long long>(borders)) - random_.milliseconds(0, 6000);
    return milliseconds(random_.chance(50) ? 0 : random_.number(0, 1'000'000));
  }

  void decideOptions() {
    connect_options_.setup_timeout = random_.milliseconds(300, 3000);
    connect_options_.require = random_.chance(50) ? Require::any() : Require::all();
    connect_options_.reconnect.first_delay = random_.milliseconds(20, 400);
    connect_options_.reconnect.longest_delay = random_.chance(80) ? random_.milliseconds(500, 4000) : 15000ms;
    connect_options_.reconnect.healthy_after = random_.milliseconds(500, 30000);
    connect_options_.amf3 = random_.chance(10);
    if (random_.chance(30)) connect_options_.timestamps = Timestamps::epoch;
    const bool little_memory = random_.chance(10);
    if (little_memory) largest_ = random_.number(6000, 20'000);
    if (little_memory || random_.chance(15)) connect_options_.queue_bytes = random_.number(20'000, 200'000);
    if (little_memory || random_.chance(15)) connect_options_.resume_bytes = random_.number(20'000, 400'000);
    if (random_.chance(15)) connect_options_.resume_age = random_.milliseconds(500, 8000);
    if (random_.chance(10)) connect_options_.reconnect.enabled = false;
    if (random_.chance(10)) connect_options_.reconnect.max_attempts = random_.number(1, 6);
    if (random_.chance(50))
      connect_options_.credentials = [](ServerId, const std::string&) {
        return Credentials{"operator", "canaryPASS"};
      };
  }

  Site& addSite(bool touched) {
    Site site;
    site.host = "s" + std::to_string(sites_.size());
    site.touched = touched;
    site.server = std::make_shared<Server>(
        world_.loop, ledger_, [this, host = site.host](std::string what) { complain(host + ": " + what); });
    site.server->weather->rtt = random_.spread(1, 120);
    site.server->weather->server_window = random_.number(64, 256) * 1024;
    if (touched && random_.chance(25)) {
      site.server->narrow = true;
      site.server->weather->client_kernel = random_.number(1000, 20'000);
      site.server->weather->server_window = random_.number(1000, 20'000);
    }
    if (random_.chance(10)) site.server->weather->bytes_per_write = random_.number(1, 3000);
    if (random_.chance(10)) site.server->weather->bytes_per_read = random_.number(1, 100);
    site.server->dead_after = random_.spread(100, 8000);
    if (touched) site.faults = randomFaults(random_, span_);
    site.may_fail = std::any_of(site.faults.begin(), site.faults.end(),
                                [](const Fault& fault) { return lasting(fault.kind); });
    if (touched && !connect_options_.reconnect.enabled) site.may_fail = true;
    if (touched && connect_options_.reconnect.max_attempts) site.may_fail = true;
    world_.servers[site.host] = site.server;
    world_.servers[otherName(site)] = site.server;
    sites_.push_back(std::make_unique<Site>(std::move(site)));
    return *sites_.back();
  }
  static std::string otherName(const Site& site) { return site.host + "-again"; }

  Destination destination(Site& site) {
    Destination destination;
    destination.url = "rtmp://" + site.host + "/live?auth=canaryQUERY";
    if (site.touched && random_.chance(20)) balance(site, destination);
    // What is published where nothing else is said the client learns in publish().
    if (asked_) site.server->echo = "canaryNAME?token=canaryTOKEN";
    if (random_.chance(50)) {
      destination.stream = "canaryKEY?token=canaryTOKEN";
      site.server->echo = *destination.stream;
    }
    if (random_.chance(30)) {
      destination.credentials = Credentials{"operator", "canaryPASS"};
      site.server->echo += " of operator:canaryPASS";
    }
    if (site.touched && random_.chance(10)) destination.standby = site.spare = true;
    if (site.touched && random_.chance(15)) {
      destination.resume = Resume::live;
      site.resumes = false;
    }
    return destination;
  }

  /// A balancer that knows only this server, and is sometimes away when it is asked.
  void balance(const Site& site, Destination& destination) {
    world_.web.serve("lb-" + site.host, [this, host = site.host](const net::HttpUrl&, int nth) {
      if (nth % 3 == 2) return test::refusedConnection(10ms);
      ++sum_.look_ups;
      return test::jsonServers({host}, 10ms);
    });
    destination.url = "http://lb-" + site.host + "/loadbalancer";
    destination.servers.app = "live?auth=canaryQUERY";
  }

  // --- The broadcast

  void open() {
    for (const auto& site : sites_) schedule(*site);
    connection_.emplace(runtime_, connect_options_);
    connection_->onStatus([this](const Status& status) { heard(status); });
    stream_ = connection_->setNetStreams();
    stream_.onStatus([this](const Status& status) { heard(status); });
    if (waits_) stream_.live(false);
    stream_.onDrain([this] { witness_.heard(); });
    stream_.onBandwidth([this](const Bandwidth&) { witness_.heard(); });
    const bool early = random_.chance(70);
    if (early) publish();
    std::vector<Destination> list;
    for (const auto& site : sites_) {
      site->id = static_cast<ServerId>(list.size());
      list.push_back(destination(*site));
    }
    connection_->connect(std::move(list), [this](const SetupOutcome& outcome) { witness_.heard(outcome); });
    if (!early) {
      world_.loop.runFor(random_.milliseconds(0, 300));
      publish();
    }
  }

  void heard(const Status& status) {
    witness_.heard(status);
    tell(witness_.story().back());
  }

  void publish() {
    stream_.publish("canaryNAME?token=canaryTOKEN");
    asked_ = true;
    first_dts_.reset();
  }

  void schedule(Site& site) {
    for (const Fault& fault : site.faults) {
      healed_at_ = std::max(healed_at_, world_.loop.now() + fault.at + fault.lasts);
      world_.loop.later(fault.at, [this, &site, &fault] {
        tell(site.host + " begins: " + name(fault.kind));
        site.met_before = site.server->met();
        begin(fault, *site.server, "rtmp://" + otherName(site) + "/live");
      });
      world_.loop.later(fault.at + fault.lasts, [this, &site, &fault] {
        tell(site.host + " heals: " + name(fault.kind));
        if (site.server->met() > site.met_before) ++sum_.met.at(static_cast<std::size_t>(fault.kind));
        heal(fault, *site.server);
      });
    }
  }

  bool untouchedPublish() const {
    const auto rows = connection_->stats();
    return std::all_of(sites_.begin(), sites_.end(), [&](const auto& site) {
      return site->touched || stateOf(rows, site->id) == ServerState::publishing;
    });
  }
  static std::optional<ServerState> stateOf(const std::vector<ServerStats>& rows, ServerId id) {
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto& row) { return row.id == id; });
    return found == rows.end() ? std::nullopt : std::optional(found->state);
  }

  bool awaitUntouched() {
    if (world_.loop.runUntil([this] { return untouchedPublish(); }, 3s)) return true;
    complain("the servers that nothing happens to do not all publish after 3 s");
    return false;
  }

  void play(net::Duration span, bool with_actions) {
    const net::TimePoint until = world_.loop.now() + span;
    while (world_.loop.now() < until) {
      writeFrames();
      world_.loop.runFor(interval_);
      watch();
      if (with_actions && random_.chance(2)) act();
    }
  }

  void writeFrames() {
    if (!first_dts_) {
      first_dts_ = dts_;
      if (has_video_) stream_.writeVideo(test::videoConfig());
      if (has_audio_) stream_.writeAudio(test::audioConfig());
      ++broadcast_;
      since_key_ = 0;
    }
    if (has_video_) write(Kind::video, dts_);
    if (has_audio_) write(Kind::audio, dts_ + (has_video_ ? 5ms : 0ms));
    dts_ += interval_;
    // 1001/30 ms is no whole number of microseconds.
    if (interval_ == ntsc_interval && ++thirds_ % 3 != 0) dts_ += 1us;
  }

  void write(Kind kind, microseconds dts) {
    Written written;
    written.broadcast = broadcast_;
    written.at = world_.loop.now();
    written.size = random_.number(16, kind == Kind::video ? largest_ : 300);
    const bool epoch = connect_options_.timestamps == Timestamps::epoch;
    const milliseconds origin = epoch ? 0ms : rounded(*first_dts_);
    written.timestamp = static_cast<std::uint32_t>((rounded(dts) - origin).count());
    written.kind = FrameKind::key;
    if (kind == Kind::video) {
      if (since_key_ % gop_ != 0)
        written.kind = disposable_ && random_.chance(40) ? FrameKind::disposable : FrameKind::inter;
      ++since_key_;
      written.composition = random_.chance(20) ? 40 : 0;
    }
    const auto number = static_cast<std::uint32_t>(ledger_.of(kind).size());
    const EncodedFrame frame = Ledger::frame(kind, number, written, dts);
    const std::vector<Written>& before = ledger_.of(kind);
    if (!before.empty() && before.back().broadcast == broadcast_ &&
        before.back().timestamp > written.timestamp)
      ++sum_.wrapped;
    ledger_.add(kind, written);
    written_bytes_ += written.size;
    alive_.payloads.saw(frame.data);
    const bool taken = kind == Kind::video ? stream_.writeVideo(frame) : stream_.writeAudio(frame);
    if (!taken) complain("a frame was refused");
  }

  /// Bounds that hold at any time.
  void watch() {
    const auto rows = connection_->stats();
    witness_.heard(rows);
    for (const ServerStats& row : rows) {
      // Beyond the bound there may be what is never dropped, and the message that has just come.
      const std::size_t bound = connect_options_.queue_bytes + largest_ + 64 * 1024;
      if (!waits_ && row.queue_bytes > bound)
        complain("queue " + std::to_string(static_cast<unsigned>(row.id)) + " holds " +
                 std::to_string(row.queue_bytes) + " bytes, more than " + std::to_string(bound));
    }
    watchMemory();
    if (alive_.links > static_cast<int>(6 * sites_.size()))
      complain(std::to_string(alive_.links) + " links are alive");
  }

  /// A producer that has said that it waits for servers bounds it itself.
  void watchMemory() {
    constexpr std::size_t slack = 16 * 1024;
    const std::size_t bound = sites_.size() * (connect_options_.queue_bytes + largest_ + slack) +
                              connect_options_.resume_bytes + slack;
    memory_filled_ = memory_filled_ || (!waits_ && written_bytes_ > bound);
    const std::size_t live = alive_.payloads.live();
    if (!waits_ && live > bound)
      complain(std::to_string(live) + " bytes of media are in memory, more than " + std::to_string(bound));
  }

  // --- What the application does meanwhile

  void act() {
    switch (random_.number(0, 7)) {
      case 0:
        return again();
      case 1:
      case 2:
        return stream_.send("chaos", {static_cast<double>(data_sent_++)});
      case 3:
        return stream_.metadata({{"title", "chaos"}, {"number", static_cast<double>(random_.number(0, 9))}});
      case 4:
        return call();
      case 5:
        return share();
      case 6:
        return come();
      default:
        return go(*sites_[random_.number(0, sites_.size() - 1)]);
    }
  }

  void again() {
    // What is queued when a publish stops is not sent any more.
    drainUntouched();
    stream_.stop();
    world_.loop.runFor(random_.milliseconds(0, 400));
    publish();
    awaitUntouched();
    dts_ += random_.milliseconds(0, 5000);
  }

  void drainUntouched() {
    const bool drained = world_.loop.runUntil(
        [this] {
          const auto rows = connection_->stats();
          return std::all_of(rows.begin(), rows.end(), [&](const ServerStats& row) {
            return siteOf(row.id).touched || row.queue_bytes == 0;
          });
        },
        5s);
    if (!drained) complain("the queue of a server that nothing happens to does not get empty");
    world_.loop.runFor(500ms);
  }
  Site& siteOf(ServerId id) {
    const auto found =
        std::find_if(sites_.begin(), sites_.end(), [&](const auto& site) { return site->id == id; });
    return **found;
  }

  void call() {
    std::vector<ServerId> asked;
    std::optional<ServerId> one;
    for (const auto& site : sites_)
      if (!site->removed) asked.push_back(site->id);
    if (asked.empty()) return;
    if (random_.chance(50)) asked = {*(one = asked[random_.number(0, asked.size() - 1)])};
    connection_->callRemote("question", witness_.expectReplies(asked), one, {"canaryANSWER"});
  }

  void share() {
    if (!std::exchange(shared_, true)) connection_->sharedObjectSetup("info");
    connection_->setSoValue("info.data.slot", static_cast<double>(random_.number(0, 99)));
  }

  void come() {
    if (sites_.size() >= 8) return;
    Site& site = addSite(true);
    for (Fault& fault : site.faults) fault.at += 200ms;
    schedule(site);
    tell(site.host + " is added");
    site.id = connection_->add(destination(site));
  }

  void go(Site& site) {
    if (!site.touched || site.removed || random_.chance(50)) return;
    tell(site.host + " is removed");
    site.removed = true;
    connection_->remove(site.id);
  }

  // --- The end

  void healAndComplete() {
    const net::TimePoint begun = world_.loop.now();
    while (!allBack() && world_.loop.now() - begun < longest_return) play(250ms, false);
    if (!allBack()) reportAbsent();
    // So that every server gets a keyframe of its own.
    play(interval_ * static_cast<int>(gop_) + 1s, false);
    bool finished = false;
    stream_.finish([&] {
      witness_.heard();
      finished = true;
    });
    const bool narrow =
        std::any_of(sites_.begin(), sites_.end(), [](const auto& site) { return site->server->narrow; });
    if (!world_.loop.runUntil([&] { return finished; }, narrow ? 120s : 20s))
      complain("finish() does not end");
    world_.loop.runFor(500ms);
    completed_ = true;
  }

  bool back(const std::vector<ServerStats>& rows, const Site& site) const {
    if (site.removed || site.spare) return true;
    const auto state = stateOf(rows, site.id);
    if (!state) return false;
    return *state == ServerState::publishing || (*state == ServerState::failed && site.may_fail) ||
           (*state == ServerState::connected && site.may_fail);
  }
  bool allBack() const {
    // Until then a client may believe in a connection whose path has gone.
    if (world_.loop.now() < healed_at_ + connect_options_.dead_after + 2s) return false;
    const auto rows = connection_->stats();
    return std::all_of(sites_.begin(), sites_.end(), [&](const auto& site) { return back(rows, *site); });
  }
  void reportAbsent() {
    const auto rows = connection_->stats();
    for (const auto& site : sites_) {
      if (back(rows, *site)) continue;
      const auto row =
          std::find_if(rows.begin(), rows.end(), [&](const auto& entry) { return entry.id == site->id; });
      complain(site->host + " is not back: " +
               (row == rows.end() ? "no row" : std::string(multiconn::name(row->state)) + ", " + row->error));
    }
  }

  void end() {
    if (ending_ != Ending::destroy_in_the_middle) {
      bool closed = false;
      const net::TimePoint asked = world_.loop.now();
      connection_->ncClose([&] {
        witness_.heard();
        closed = true;
      });
      world_.loop.runUntil([&] { return closed; }, 10s);
      if (!closed) complain("ncClose() does not end");
      if (world_.loop.now() - asked > longest_close)
        complain("ncClose() took " + std::to_string((world_.loop.now() - asked) / 1ms) + " ms");
      if (closed) {
        world_.loop.settle();
        if (alive_.links != 0) complain(std::to_string(alive_.links) + " links are left after ncClose()");
        witness_.checkReplies();
        witness_.checkAnswered();
      }
    }
    connection_.reset();
    witness_.over();
    world_.loop.runFor(longest_close);
    if (const std::size_t live = alive_.payloads.live(); live > 0)
      complain(std::to_string(live) + " bytes of media are left");
    if (alive_.links != 0) complain(std::to_string(alive_.links) + " links are left");
    if (alive_.timers != 0) complain(std::to_string(alive_.timers) + " timers are left");
    world_.loop.runFor(20s);
    if (alive_.tasks != 0) complain(std::to_string(alive_.tasks) + " tasks are left");
  }

  void judge() {
    for (const auto& site : sites_) {
      Claim claim{ledger_, site->host, connect_options_.resume_age, connect_options_.resume_bytes,
                  [this](std::string what) { complain(std::move(what)); }};
      if (!site->resumes || site->spare) claim.resume_age = {};
      const auto& publications = site->server->publications;
      for (const Publication& publication : publications) judgePublication(claim, publication);
      const Resumptions resumptions = judgeResumption(claim, publications);
      sum_.resumed_whole += resumptions.whole;
      sum_.resumed_at_keyframe += resumptions.at_keyframe;
      if (!completed_) continue;
      if (!site->touched) {
        ++sum_.untouched;
        judgeUntouched(claim, publications, data_sent_);
      }
      if (site->touched && !site->removed && !site->may_fail && !site->spare && !site->server->narrow)
        sum_.complete_ends += judgeEnd(claim, publications) ? 1U : 0U;
    }
  }

  RunResult result() {
    RunResult result = sum_;
    result.memory_filled = memory_filled_ ? 1 : 0;
    result.complaints = std::move(complaints_);
    result.frames = ledger_.of(Kind::video).size() + ledger_.of(Kind::audio).size();
    for (const auto& site : sites_) {
      result.faults += site->faults.size();
      result.publications += site->server->publications.size();
    }
    return result;
  }

  void complain(std::string what) {
    tell("WRONG: " + what);
    if (complaints_.size() < most_complaints)
      complaints_.push_back("after " + std::to_string((world_.loop.now() - start_) / 1ms) + " ms: " + what);
  }
  void tell(const std::string& what) const {
    if (options_.tell) std::cout << (world_.loop.now() - start_) / 1ms << " ms  " << what << "\n";
  }

  Random random_;
  RunOptions options_;
  Witness witness_;
  Alive alive_;
  World world_;
  Runtime runtime_;
  net::TimePoint start_;
  net::TimePoint healed_at_{};
  Ledger ledger_;
  std::vector<std::unique_ptr<Site>> sites_;
  std::vector<std::string> complaints_;
  RunResult sum_;
  std::size_t written_bytes_ = 0;
  bool memory_filled_ = false;

  ConnectOptions connect_options_;
  Ending ending_{};
  milliseconds span_{};
  microseconds interval_{}, dts_{};
  std::size_t thirds_ = 0;
  std::uint32_t gop_ = 1;
  bool has_video_ = true, has_audio_ = true, disposable_ = false, waits_ = false;
  std::size_t largest_ = 0;

  bool asked_ = false, shared_ = false, completed_ = false;
  std::optional<microseconds> first_dts_;
  std::uint32_t broadcast_ = 0, since_key_ = 0, data_sent_ = 0;
  std::optional<MultiConnection> connection_;
  NetStream stream_;
};

}  // namespace

void RunResult::add(const RunResult& run) {
  faults += run.faults;
  publications += run.publications;
  frames += run.frames;
  untouched += run.untouched;
  resumed_whole += run.resumed_whole;
  resumed_at_keyframe += run.resumed_at_keyframe;
  complete_ends += run.complete_ends;
  memory_filled += run.memory_filled;
  wrapped += run.wrapped;
  look_ups += run.look_ups;
  std::transform(met.begin(), met.end(), run.met.begin(), met.begin(), std::plus());
}

std::vector<std::string> RunResult::notSeen() const {
  std::vector<std::string> names;
  const auto check = [&](std::size_t count, const char* what) {
    if (count == 0) names.emplace_back(what);
  };
  check(untouched, "untouched");
  check(resumed_whole, "resumed_whole");
  check(resumed_at_keyframe, "resumed_at_keyframe");
  check(complete_ends, "complete_ends");
  check(memory_filled, "memory_filled");
  check(wrapped, "wrapped");
  check(look_ups, "look_ups");
  for (std::size_t kind = 0; kind < met.size(); ++kind)
    check(met.at(kind), name(static_cast<FaultKind>(kind)));
  return names;
}

RunResult runChaos(std::uint64_t seed, const RunOptions& options) {
  return Run(seed, options).go();
}

}  // namespace multiconn::chaos
