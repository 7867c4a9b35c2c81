// Ending at any moment of any history: in time, every callback exactly once, and nothing left.
#include <cstdlib>
#include <random>

#include "roles_fixture.hpp"

namespace multiconn::test {
namespace {

enum class End : std::uint8_t { close, destroy, remove_all, stop_and_destroy };
constexpr int seeds_per_end = 750;

/// Timers and strands that have been made and not let go.
struct Alive {
  int timers = 0;
  std::vector<std::weak_ptr<net::Scheduler>> schedulers;
  bool none() const {
    return timers == 0 && std::all_of(schedulers.begin(), schedulers.end(),
                                      [](const auto& scheduler) { return scheduler.expired(); });
  }
};

class CountedScheduler final : public net::Scheduler {
 public:
  CountedScheduler(std::shared_ptr<net::Scheduler> scheduler, Alive& alive)
      : scheduler_(std::move(scheduler)), alive_(alive) {}
  void post(std::function<void()> task) override { scheduler_->post(std::move(task)); }
  [[nodiscard]] net::Timer after(net::Duration delay, std::function<void()> task) override {
    return net::Timer(std::make_unique<Counted>(scheduler_->after(delay, std::move(task)), alive_));
  }
  net::TimePoint now() const override { return scheduler_->now(); }

 private:
  struct Counted final : net::Timer::Pending {
    Counted(net::Timer armed, Alive& of) : timer(std::move(armed)), alive(of) { ++alive.timers; }
    ~Counted() override { --alive.timers; }
    Counted(const Counted&) = delete;
    Counted& operator=(const Counted&) = delete;
    net::Timer timer;
    Alive& alive;
  };
  std::shared_ptr<net::Scheduler> scheduler_;
  Alive& alive_;
};

class WatchedEngine final : public Runtime::Engine {
 public:
  WatchedEngine(std::unique_ptr<Runtime::Engine> engine, Alive& alive, std::uint32_t seed)
      : engine_(std::move(engine)), alive_(alive), random_(seed) {}
  std::shared_ptr<net::Scheduler> makeScheduler() override {
    auto scheduler = std::make_shared<CountedScheduler>(engine_->makeScheduler(), alive_);
    alive_.schedulers.push_back(scheduler);
    return scheduler;
  }
  std::unique_ptr<net::Link> makeLink(net::Scheduler& scheduler, net::LinkTarget target) override {
    return engine_->makeLink(scheduler, std::move(target));
  }
  std::unique_ptr<net::Fetch> fetch(net::Scheduler& scheduler, net::FetchRequest request,
                                    std::function<void(net::FetchResult)> done) override {
    return engine_->fetch(scheduler, std::move(request), std::move(done));
  }
  std::uint32_t random() override { return static_cast<std::uint32_t>(random_()); }

 private:
  std::unique_ptr<Runtime::Engine> engine_;
  Alive& alive_;
  std::mt19937 random_;
};

/// One history in a world of its own, all of it from one seed.
class History {
 public:
  explicit History(std::uint32_t seed)
      : random_(seed),
        runtime_(std::make_unique<WatchedEngine>(
            std::make_unique<CountedEngine>(world_.makeEngine(), live_links_), alive_, seed)) {
    world_.web.serve("lb", [this](const auto&, int) -> std::optional<WebReply> {
      if (chance(30)) return std::nullopt;
      return jsonServers({"s0", "s1", "s2", "s3"}, upTo(100));
    });
  }

  void live() {
    for (int i = 0; i < 4; ++i) world_.server(host(i), script());
    ConnectOptions options;
    options.setup_timeout = std::chrono::milliseconds(200 + number(2000));
    options.reconnect.enabled = !chance(15);
    options.reconnect.longest_delay = 1000ms;
    if (chance(50)) options.require = Require::any();
    connection_.emplace(runtime_, options);
    connection_->onStatus([this](const Status&) { noteCallback(); });
    stream_ = connection_->setNetStreams();
    stream_.onStatus([this](const Status&) { noteCallback(); });
    if (chance(50)) connection_->sharedObjectSetup("chat").set("x", 1);
    if (chance(30)) stream_.live(false);
    if (chance(70)) stream_.publish("key");
    std::vector<Destination> destinations;
    for (int i = 0, count = 1 + number(4); i < count; ++i) destinations.push_back(destination(i));
    connection_->connect(std::move(destinations), [this](const SetupOutcome&) { ++answers_; });
    for (int steps = number(25); steps > 0; --steps) {
      act();
      world_.loop.runFor(upTo(150));
    }
  }

  void end(End how) {
    switch (how) {
      case End::close:
        return close();
      case End::remove_all:
        world_.loop.runFor(100ms);  // until the figures are those of now
        for (const ServerStats& row : connection_->stats()) connection_->remove(row.id);
        world_.loop.runFor(250ms);
        EXPECT_EQ(live_links_, 0);
        for (const ServerStats& row : connection_->stats())
          ADD_FAILURE() << static_cast<std::uint32_t>(row.id) << " " << row.url << " " << name(row.state)
                        << " " << row.error;
        EXPECT_EQ(replies_, calls_) << "what waited for answers was told";
        return destroy();
      case End::stop_and_destroy:
        stream_.finish([this] { ++finished_; });
        stream_.stop();
        world_.loop.runFor(upTo(300));
        EXPECT_EQ(finished_, 1);
        return destroy();
      case End::destroy:
        return destroy();
    }
  }

 private:
  void close() {
    int closed = 0;
    connection_->ncClose([&] { ++closed; });
    if (chance(30)) connection_->add(at("s0"));
    if (chance(30)) connection_->remove(static_cast<ServerId>(0));
    const net::TimePoint before = world_.loop.now();
    EXPECT_TRUE(world_.loop.runUntil([&] { return closed == 1; }, 250ms));
    EXPECT_LE(world_.loop.now() - before, 250ms);
    EXPECT_EQ(answers_, 1);
    EXPECT_EQ(replies_, calls_);
    for (const ServerStats& row : connection_->stats())
      EXPECT_TRUE(row.state == ServerState::closed || row.state == ServerState::failed);
    world_.loop.runFor(1s);
    EXPECT_EQ(live_links_, 0);
    EXPECT_EQ(closed, 1);
    const int said = callbacks_;
    world_.loop.runFor(20s);
    EXPECT_EQ(callbacks_, said) << "silence after that";
    destroy();
  }
  void destroy() {
    connection_.reset();
    over_ = true;
    world_.loop.runFor(250ms);
    EXPECT_EQ(live_links_, 0);
    EXPECT_EQ(world_.web.pending(), 0);
    EXPECT_EQ(alive_.timers, 0);
    EXPECT_TRUE(alive_.none()) << "the strand is held by something";
    EXPECT_LE(answers_, 1);
    EXPECT_LE(replies_, calls_);
    std::size_t connections = 0;
    world_.loop.runFor(100ms);
    for (int i = 0; i < 4; ++i) connections += static_cast<std::size_t>(world_.server(host(i)).connections);
    world_.loop.runFor(20s);
    for (int i = 0; i < 4; ++i) connections -= static_cast<std::size_t>(world_.server(host(i)).connections);
    EXPECT_EQ(connections, 0U) << "nobody comes back";
  }

  void act() {
    const std::string any = host(number(4));
    switch (number(14)) {
      case 0:
        return world_.server(any).reset();
      case 1:
        return world_.server(any).close();
      case 2:
        world_.server(any).script.refuses = !world_.server(any).script.refuses;
        return world_.server(any).reset();
      case 3:
        return world_.server(any).requestReconnect("rtmp://" + host(number(4)) + "/live");
      case 4:
        connection_->add(destination(number(4)));
        return;
      case 5:
        return connection_->remove(static_cast<ServerId>(number(6)));
      case 6:
        return world_.server(any).stopReading();
      case 7:
        return world_.server(any).resumeReading();
      case 8:
        return stream_.publish("key" + std::to_string(number(2)));
      case 9:
        return chance(50) ? stream_.stop() : stream_.close();
      case 10:
        return world_.server(any).sendStatus(true, "error", "NetStream.Publish.BadName", "taken");
      case 11:
        return call();
      default:
        return write();
    }
  }
  void write() {
    stream_.writeVideo(videoConfig());
    stream_.writeAudio(audioConfig());
    for (int i = number(20); i > 0; --i, ++frames_) {
      const auto dts = std::chrono::milliseconds(40) * frames_;
      const bool key = frames_ % 10 == 0;
      stream_.writeVideo(video(key ? FrameKind::key : FrameKind::inter, frames_, dts, 2000));
      stream_.writeAudio(audio(frames_, dts));
    }
  }
  void call() {
    ++calls_;
    connection_->callRemote(
        "m", [this](const Reply&) { ++replies_, noteCallback(); }, static_cast<ServerId>(number(6)));
  }
  void noteCallback() {
    ++callbacks_;
    EXPECT_FALSE(over_) << "a callback after the destructor";
  }

  Destination destination(int which) {
    Destination destination = at(host(which));
    if (chance(15)) {
      destination.url = "http://lb/loadbalancer";
      destination.servers = {"live", static_cast<std::size_t>(1 + number(2))};
    }
    destination.standby = chance(30);
    if (chance(20)) destination.resume = Resume::live;
    return destination;
  }
  Script script() {
    Script script;
    script.rtt = upTo(100);
    script.on_call = [this](const auto&) -> std::optional<AmfValue> {
      if (chance(50)) return AmfValue(1);
      return {};
    };
    switch (number(14)) {
      case 0:
        script.unknown_name = true;
        break;
      case 1:
        script.refuses = true;
        break;
      case 2:
        script.never_answers_handshake = true;
        break;
      case 3:
        script.connect_delay = upTo(5000);
        break;
      case 4:
        script.never_answers_publish = true;
        break;
      case 5:
        script.reject_publish = "NetStream.Publish.BadName";
        script.publish_times = number(3);
        break;
      case 6:
        script.close_after_start = true;
        break;
      case 7:
        script.publish_delay = upTo(2000);
        break;
      case 8:
        script.bytes_per_second = 20'000;
        break;
      case 9:
        script.reject_pipelined = true;
        break;
      case 10:
        script.redirect_publish = "rtmp://s3/live";
        break;
      default:
        break;
    }
    return script;
  }

  static std::string host(int which) { return "s" + std::to_string(which); }
  int number(int below) { return static_cast<int>(random_() % static_cast<unsigned>(below)); }
  bool chance(int percent) { return number(100) < percent; }
  std::chrono::milliseconds upTo(int most) { return std::chrono::milliseconds(number(most + 1)); }

  std::mt19937 random_;
  int live_links_ = 0;
  Alive alive_;
  SimulatedWorld world_;
  Runtime runtime_;
  std::optional<MultiConnection> connection_;
  NetStream stream_;
  std::uint32_t frames_ = 0;
  int answers_ = 0, calls_ = 0, replies_ = 0, callbacks_ = 0, finished_ = 0;
  bool over_ = false;
};

class StopTest : public testing::TestWithParam<End> {};

// One seed again: MULTICONN_SEED=123 test_client_roles --gtest_filter='*StopTest*'
TEST_P(StopTest, AtAnyMomentLeavesNothing) {
  const char* const only = std::getenv("MULTICONN_SEED");
  for (std::uint32_t seed = 1; seed <= seeds_per_end && !HasFailure(); ++seed) {
    const std::uint32_t used = only ? static_cast<std::uint32_t>(std::stoul(only)) : seed;
    SCOPED_TRACE("MULTICONN_SEED=" + std::to_string(used));
    History history(used);
    history.live();
    history.end(GetParam());
    if (only) break;
  }
}

const char* nameOf(End end) {
  switch (end) {
    case End::close:
      return "Close";
    case End::destroy:
      return "Destructor";
    case End::remove_all:
      return "RemoveAll";
    case End::stop_and_destroy:
      break;
  }
  return "StopAndDestructor";
}

INSTANTIATE_TEST_SUITE_P(Stop, StopTest,
                         testing::Values(End::close, End::destroy, End::remove_all, End::stop_and_destroy),
                         [](const auto& parameter) { return nameOf(parameter.param); });

}  // namespace
}  // namespace multiconn::test
