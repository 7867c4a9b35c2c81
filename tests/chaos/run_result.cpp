#include <algorithm>
#include <functional>

#include "chaos/run.hpp"

namespace multiconn::chaos {

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
  batches += run.batches;
  std::transform(met.begin(), met.end(), run.met.begin(), met.begin(), std::plus());
  std::transform(steps.begin(), steps.end(), run.steps.begin(), steps.begin(), std::plus());
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
  check(batches, "batches");
  for (std::size_t kind = 0; kind < met.size(); ++kind)
    check(met.at(kind), name(static_cast<FaultKind>(kind)));
  for (std::size_t step = 0; step < steps.size(); ++step)
    if (steps.at(step) == 0) names.push_back(std::string("a fault at ") + name(static_cast<Step>(step)));
  return names;
}

}  // namespace multiconn::chaos
