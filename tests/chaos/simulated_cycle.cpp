#include <algorithm>
#include <memory>
#include <optional>

#include <multiconn/multiconn.hpp>

#include "chaos/cycles.hpp"
#include "chaos/engine.hpp"
#include "chaos/faults.hpp"
#include "chaos/random.hpp"
#include "chaos/witness.hpp"
#include "chaos/world.hpp"
#include "support/media_frames.hpp"

namespace multiconn::chaos {

namespace {

using namespace std::chrono_literals;

constexpr auto longest_end = 250ms;

class Cycle {
 public:
  Cycle(std::uint64_t seed, std::chrono::milliseconds close_gate)
      : random_(seed),
        close_gate_(close_gate),
        witness_([this](std::string what) { result_.complaints.push_back(std::move(what)); }),
        runtime_(std::make_unique<Engine>(world_, Random(seed + 1), alive_)) {}

  CycleResult go() {
    begin();
    for (std::size_t steps = random_.number(0, 12); steps > 0; --steps) step();
    if (random_.chance(70)) close();
    destroy();
    return std::move(result_);
  }

 private:
  void begin() {
    ConnectOptions options;
    options.reconnect.first_delay = 20ms;
    options.reconnect.longest_delay = 500ms;
    connection_.emplace(runtime_, options);
    connection_->onStatus([this](const Status& status) { witness_.heard(status); });
    stream_ = connection_->setNetStreams();
    stream_.onStatus([this](const Status& status) { witness_.heard(status); });
    if (random_.chance(60)) stream_.publish("canaryNAME");
    std::vector<Destination> list;
    for (std::size_t count = random_.number(0, 4); count > 0; --count) list.push_back(destination());
    if (random_.chance(95))
      connection_->connect(std::move(list), [this](const SetupOutcome& outcome) { witness_.heard(outcome); });
  }

  Destination destination() {
    const std::string host = "s" + std::to_string(world_.servers.size());
    Destination destination;
    destination.url = "rtmp://" + host + "/live";
    auto server = std::make_shared<Server>(world_.loop, ledger_, [](const std::string&) {});
    server->weather->rtt = random_.spread(0, 200);
    if (random_.chance(10)) return destination;  // nobody knows it
    for (const Fault& fault : randomFaults(random_, 1s)) {
      if (random_.chance(50)) continue;
      world_.loop.later(fault.at / 4, [server, fault] { chaos::begin(fault, *server, "rtmp://s0/live"); });
      world_.loop.later(fault.at / 4 + fault.lasts, [server, fault] { heal(fault, *server); });
    }
    world_.servers[host] = std::move(server);
    return destination;
  }

  void step() {
    switch (random_.number(0, 9)) {
      case 0:
        return stream_.publish("canaryNAME");
      case 1:
        return stream_.stop();
      case 2:
        return write();
      case 3:
        return connection_->callRemote("question", [this](const Reply& reply) { witness_.heard(reply); });
      case 4:
        connection_->sharedObjectSetup("info");
        return connection_->setSoValue("info.data.slot", 1);
      case 5:
        added_.push_back(connection_->add(destination()));
        return;
      case 6:
        if (!added_.empty()) connection_->remove(added_[random_.number(0, added_.size() - 1)]);
        return;
      case 7:
        if (world_.servers.empty()) return;
        return std::next(world_.servers.begin(),
                         static_cast<std::ptrdiff_t>(random_.number(0, world_.servers.size() - 1)))
            ->second->endAll(Server::Ending::reset);
      default:
        return world_.loop.runFor(random_.spread(1, 1000));
    }
  }

  void write() {
    stream_.writeVideo(test::videoConfig());
    for (std::uint32_t i = 0; i < 10; ++i)
      stream_.writeVideo(test::video(i == 0 ? FrameKind::key : FrameKind::inter, i, (next_ += 40ms)));
  }

  void close() {
    bool closed = false;
    const net::TimePoint asked = world_.loop.now();
    connection_->ncClose([&] {
      witness_.heard();
      closed = true;
    });
    if (!world_.loop.runUntil([&] { return closed; }, 5s)) complain("ncClose() does not end");
    const std::chrono::duration<double, std::milli> took = world_.loop.now() - asked;
    result_.longest_close_ms = took.count();
    if (took > close_gate_) complain("ncClose() took " + std::to_string(took.count()) + " ms");
    world_.loop.settle();
    if (alive_.links != 0) complain(std::to_string(alive_.links) + " links are left after ncClose()");
  }

  void destroy() {
    connection_.reset();
    witness_.over();
    world_.loop.runFor(longest_end);
    if (alive_.links != 0) complain(std::to_string(alive_.links) + " links are left");
    if (alive_.timers != 0) complain(std::to_string(alive_.timers) + " timers are left");
    if (alive_.tasks != 0) complain(std::to_string(alive_.tasks) + " tasks are left");
  }

  void complain(std::string what) { result_.complaints.push_back(std::move(what)); }

  Random random_;
  std::chrono::milliseconds close_gate_;
  Witness witness_;
  Alive alive_;
  World world_;
  Runtime runtime_;
  Ledger ledger_;
  CycleResult result_;
  std::optional<MultiConnection> connection_;
  NetStream stream_;
  std::vector<ServerId> added_;
  std::chrono::milliseconds next_{};
};

}  // namespace

CycleResult runSimulatedCycle(std::uint64_t seed, std::chrono::milliseconds close_gate) {
  return Cycle(seed, close_gate).go();
}

}  // namespace multiconn::chaos
