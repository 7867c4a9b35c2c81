#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>

#include "bench_origin.hpp"
#include "bench_publisher.hpp"
#include "failover.hpp"
#include "play_client.hpp"
#include "statistics.hpp"

namespace multiconn::bench {
namespace {

using std::chrono::milliseconds;

constexpr ServerId primary{0}, spare{1};
constexpr int servers_cpu = 1;

/// A player, and what it saw since it was asked last.
struct Viewer {
  std::unique_ptr<PlayClient> player{};
  DecodableFrom decodable{};
  std::optional<SeenFrame> first_picture{}, newest{};

  void join(std::uint16_t port, std::size_t index) {
    player = std::make_unique<PlayClient>(port, loopbackDestination(port, index).stream.value(),
                                          [this](const SeenFrame& frame) { see(frame); });
    forget();
  }
  void forget() {
    decodable = {};
    first_picture.reset();
    newest.reset();
  }
  void see(const SeenFrame& frame) {
    const bool shows = decodable.see(frame.kind);
    if (!frame.video()) return;
    newest = frame;
    if (shows && !first_picture) first_picture = frame;
  }
};

struct Takeover {
  double gap_ms = 0;
  double frames_missed = 0;  // between the last at the primary and the first at the spare
};

class Takeovers {
 public:
  Takeovers()
      : publisher_({loopbackDestination(first_.port(), 0), asSpare(loopbackDestination(second_.port(), 1))},
                   BenchPublisher::quickToRetry()) {
    publisher_.waitFor(primary, {"NetStream.Publish.Start"}, 0);
    at_first_.join(first_.port(), 0);
    at_second_.join(second_.port(), 1);
    publisher_.broadcast();
    serveUntil([this] { return at_first_.first_picture.has_value(); }, "the first picture");
    rest(milliseconds(1500));
  }

  Takeover once() {
    at_second_.forget();
    const std::int64_t killed_us = nowMicroseconds();
    first_.kill();
    serveUntil([this] { return at_second_.first_picture.has_value(); }, "a picture at the spare");
    Takeover result;
    result.gap_ms = static_cast<double>(at_second_.first_picture->arrived_us - killed_us) / 1e3;
    if (at_first_.newest && at_first_.newest->mark && at_second_.first_picture->mark)
      result.frames_missed = std::max(0.0, static_cast<double>(at_second_.first_picture->mark->number) -
                                               static_cast<double>(at_first_.newest->mark->number) - 1);
    comeBack();
    return result;
  }

 private:
  static Destination asSpare(Destination destination) {
    destination.standby = true;
    return destination;
  }

  template <typename Done>
  void serveUntil(Done done, const char* what) {
    const std::int64_t give_up = nowMicroseconds() + 30'000'000;
    while (!done()) {
      if (nowMicroseconds() > give_up) throw std::runtime_error(std::string("no ") + what + " within 30 s");
      serve({&at_first_.player, &at_second_.player}, milliseconds(20));
    }
  }
  void rest(milliseconds length) {
    const std::int64_t end = nowMicroseconds() + length.count() * 1000;
    while (nowMicroseconds() < end) serve({&at_first_.player, &at_second_.player}, milliseconds(20));
  }

  // The primary is back on air, and the spare silent again.
  void comeBack() {
    const std::int64_t from_us = nowMicroseconds();
    at_first_.player.reset();
    first_.restart();
    while (!at_first_.player) {
      try {
        at_first_.join(first_.port(), 0);
      } catch (const std::system_error&) {
        rest(milliseconds(5));
      }
    }
    serveUntil([this] { return at_first_.first_picture.has_value(); }, "a picture at the primary");
    // The players are served meanwhile by the kernel's buffers.
    publisher_.waitFor(spare, {"NetStream.Standby.Silent"}, from_us);
    rest(milliseconds(1000));
  }

  BenchOrigin first_{servers_cpu}, second_{servers_cpu};
  Viewer at_first_, at_second_;
  BenchPublisher publisher_;
};

}  // namespace

void measureTakeovers(const FailoverOptions& options, Figures& figures) {
  Takeovers takeovers;
  std::vector<double> gaps, missed;
  for (std::size_t i = 0; i < options.takeovers; ++i) {
    const Takeover result = takeovers.once();
    gaps.push_back(result.gap_ms);
    missed.push_back(result.frames_missed);
  }
  const std::string name = std::to_string(options.takeovers) + " takeovers by a spare";
  figures.add({name, "gap, p50", median(gaps), "ms"});
  figures.add({name, "gap, worst", quantile(gaps, 1), "ms", Gate{options.standby_gate_ms}});
  figures.add({name, "pictures on no server, worst", quantile(missed, 1), ""});
}

}  // namespace multiconn::bench
