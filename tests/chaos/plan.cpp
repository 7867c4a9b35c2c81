#include "chaos/plan.hpp"

#include <array>

namespace multiconn::chaos {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

Plan::Plan(Random& random) {
  span = random.milliseconds(1500, 8000);
  interval = random.chance(25) ? ntsc_interval : milliseconds(random.number(35, 90));
  gop = static_cast<std::uint32_t>(random.number(1, 40));
  has_video = random.chance(90);
  has_audio = !has_video || random.chance(75);
  disposable = random.chance(30);
  largest = random.number(100, 6000);
  waits = random.chance(15);
  const std::size_t fate = random.number(1, 100);
  ending = fate <= 70   ? Ending::complete
           : fate <= 85 ? Ending::close_in_the_middle
                        : Ending::destroy_in_the_middle;
  decideOptions(random);
  first_dts = firstDts(random);
  // Keyframes older than what the ring keeps of anything else.
  if (!random.chance(10)) return;
  gop = static_cast<std::uint32_t>(random.number(60, 150));
  options.resume_age = random.milliseconds(2000, 5000);
}

void Plan::decideOptions(Random& random) {
  options.setup_timeout = random.milliseconds(300, 3000);
  options.require = random.chance(50) ? Require::any() : Require::all();
  options.reconnect.first_delay = random.milliseconds(20, 400);
  options.reconnect.longest_delay = random.chance(80) ? random.milliseconds(500, 4000) : 15000ms;
  options.reconnect.healthy_after = random.milliseconds(500, 30000);
  options.amf3 = random.chance(10);
  if (random.chance(30)) options.timestamps = Timestamps::epoch;
  const bool little_memory = random.chance(10);
  if (little_memory) largest = random.number(6000, 20'000);
  if (little_memory || random.chance(15)) options.queue_bytes = random.number(20'000, 200'000);
  if (little_memory || random.chance(15)) options.resume_bytes = random.number(20'000, 400'000);
  if (random.chance(15)) options.resume_age = random.milliseconds(500, 8000);
  if (random.chance(10)) options.reconnect.enabled = false;
  if (random.chance(10)) options.reconnect.max_attempts = random.number(1, 6);
  if (random.chance(50))
    options.credentials = [](ServerId, const std::string&) { return Credentials{"operator", "canaryPASS"}; };
}

/// Where RTMP's timestamps need another field (2^24), and begin again (2^32), too.
milliseconds Plan::firstDts(Random& random) const {
  constexpr std::array borders{1ULL << 24U, 1ULL << 32U};
  if (options.timestamps == Timestamps::epoch && random.chance(70))
    return milliseconds(random.of<unsigned long long>(borders)) - random.milliseconds(0, 6000);
  return milliseconds(random.chance(50) ? 0 : random.number(0, 1'000'000));
}

std::string Plan::text() const {
  const auto in_ms = [](auto time) { return std::to_string(time / 1ms) + " ms"; };
  return "a picture each " + std::to_string(interval / 1us) + " us, up to " + std::to_string(largest) +
         " bytes, a keyframe each " + std::to_string(gop) + "; queues of " +
         std::to_string(options.queue_bytes) + " bytes and " + in_ms(options.queue_age) + ", a ring of " +
         std::to_string(options.resume_bytes) + " bytes and " + in_ms(options.resume_age) +
         (waits ? "; the application waits" : "") + (disposable ? "; disposable pictures" : "") +
         (has_video ? "" : "; no pictures") + (has_audio ? "" : "; no sound");
}

}  // namespace multiconn::chaos
