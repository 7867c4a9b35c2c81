#include <chrono>
#include <random>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "bench_origin.hpp"
#include "bench_publisher.hpp"
#include "failover.hpp"
#include "play_client.hpp"
#include "statistics.hpp"

namespace multiconn::bench {
namespace {

using std::chrono::milliseconds;

constexpr ServerId dying{0};
constexpr int servers_cpu = 1;
constexpr std::int64_t patience_us = 30'000'000;

struct Return {
  double after_listening_ms = 0;
  double back_off_ms = 0;  // of it
  double beyond_ms() const { return after_listening_ms - back_off_ms; }
};

/// One origin that dies and comes back, and its player.
class Restarts {
 public:
  explicit Restarts(std::uint16_t other_port)
      : origin_(servers_cpu),
        publisher_({loopbackDestination(origin_.port(), 0), loopbackDestination(other_port, 1)},
                   BenchPublisher::quickToRetry()) {
    for (const ServerId each : {dying, ServerId{1}}) publisher_.waitFor(each, {"NetStream.Publish.Start"}, 0);
    publisher_.broadcast();
    play();
    playUntilDecodable();
  }

  Return once(milliseconds on_air) {
    const std::int64_t dies_us = nowMicroseconds() + on_air.count() * 1000;
    while (nowMicroseconds() < dies_us) serve({&player_}, milliseconds(10));
    player_.reset();
    const std::int64_t died_us = nowMicroseconds();
    origin_.kill();
    origin_.restart();
    const std::int64_t listens_us = waitUntilListening();
    const std::int64_t seen_us = playUntilDecodable();
    const std::int64_t left_us = backOffLeft(publisher_.attempts(dying, died_us), listens_us);
    return {static_cast<double>(seen_us - listens_us) / 1e3, static_cast<double>(left_us) / 1e3};
  }

  BenchPublisher& publisher() { return publisher_; }

 private:
  void play() {
    decodable_ = {};
    seen_us_.reset();
    player_ = std::make_unique<PlayClient>(origin_.port(), loopbackDestination(0, 0).stream.value(),
                                           [this](const SeenFrame& frame) {
                                             if (decodable_.see(frame.kind) && !seen_us_)
                                               seen_us_ = frame.arrived_us;
                                           });
  }

  // When the last attempt to connect was refused: it has listened since then at the earliest.
  std::int64_t waitUntilListening() {
    for (std::int64_t refused_us = nowMicroseconds(), give_up = refused_us + patience_us;;) {
      const std::int64_t tried_us = nowMicroseconds();
      try {
        play();
        return refused_us;
      } catch (const std::system_error&) {
        if (tried_us > give_up) throw std::runtime_error("multiconn-origin does not come back");
      }
      refused_us = tried_us;
      std::this_thread::sleep_for(std::chrono::microseconds(500));
    }
  }

  std::int64_t playUntilDecodable() {
    for (const std::int64_t give_up = nowMicroseconds() + patience_us; !seen_us_;) {
      if (nowMicroseconds() > give_up || !player_)
        throw std::runtime_error("a server that was restarted gets no picture within 30 s");
      serve({&player_}, milliseconds(100));
    }
    return *seen_us_;
  }

  BenchOrigin origin_;
  std::unique_ptr<PlayClient> player_;
  DecodableFrom decodable_;
  std::optional<std::int64_t> seen_us_;
  BenchPublisher publisher_;
};

}  // namespace

void measureRestarts(const FailoverOptions& options, Figures& figures) {
  Process other({"watch-sink"}, servers_cpu);
  const std::string greeting = other.line();
  const auto port = static_cast<std::uint16_t>(std::stoul(greeting.substr(greeting.rfind(' ') + 1)));
  std::vector<double> beyond, back_off;
  std::uint64_t video = 0, audio = 0;
  {
    Restarts restarts(port);
    // It dies anywhere in a group of pictures of two seconds; seeded, so that runs are alike.
    std::mt19937 random(1);
    std::uniform_int_distribution<int> on_air(700, 1700);
    for (std::size_t i = 0; i < options.restarts; ++i) {
      const Return result = restarts.once(milliseconds(on_air(random)));
      beyond.push_back(result.beyond_ms());
      back_off.push_back(result.back_off_ms);
    }
    restarts.publisher().endBroadcast();
    video = restarts.publisher().written().videoFrames();
    audio = restarts.publisher().written().audioFrames();
  }
  const std::vector<SeenFrame> frames = framesIn(other.finish().output);
  const std::string name = std::to_string(options.restarts) + " restarts";
  figures.add({name, "back-off left when it listens, p50", median(back_off), "ms"});
  figures.add({name, "to a picture beyond that, p50", median(beyond), "ms"});
  figures.add(
      {name, "to a picture beyond that, p99", quantile(beyond, 0.99), "ms", Gate{options.restart_gate_ms}});
  figures.add({name, "to a picture beyond that, worst", quantile(beyond, 1), "ms"});
  figures.add({name, "frames at the other server", static_cast<double>(video + audio), ""});
  figures.add({name, "frames lost there",
               static_cast<double>(missing(frames, true, video) + missing(frames, false, audio)), "",
               Gate{0}});
}

}  // namespace multiconn::bench
