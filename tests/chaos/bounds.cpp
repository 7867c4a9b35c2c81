#include "chaos/bounds.hpp"

#include <chrono>

namespace multiconn::chaos {

namespace {

using namespace std::chrono_literals;

void checkQueues(Stage& stage, const std::vector<ServerStats>& rows) {
  // Beyond the bound there may be what is never dropped, and the message that has just come.
  const std::size_t bound = stage.plan.options.queue_bytes + stage.plan.largest + 64 * 1024;
  for (const ServerStats& row : rows)
    if (row.queue_bytes > bound)
      stage.complaints.add("queue " + std::to_string(static_cast<unsigned>(row.id)) + " holds " +
                           std::to_string(row.queue_bytes) + " bytes, more than " + std::to_string(bound));
}

void checkMemory(Stage& stage, std::size_t written) {
  constexpr std::size_t slack = 16 * 1024;
  const std::size_t bound =
      stage.sites.size() * (stage.plan.options.queue_bytes + stage.plan.largest + slack) +
      stage.plan.options.resume_bytes + slack;
  if (written > bound) stage.sum.memory_filled = 1;
  const std::size_t live = stage.alive.payloads.live();
  if (live > bound)
    stage.complaints.add(std::to_string(live) + " bytes of media are in memory, more than " +
                         std::to_string(bound));
}

}  // namespace

void checkBounds(Stage& stage, const std::vector<ServerStats>& rows, std::size_t written) {
  // A producer that has said that it waits for servers bounds it itself.
  if (!stage.plan.waits) {
    checkQueues(stage, rows);
    checkMemory(stage, written);
  }
  if (stage.alive.links > static_cast<int>(6 * stage.sites.size()))
    stage.complaints.add(std::to_string(stage.alive.links) + " links are alive");
}

void checkNothingLeft(Stage& stage, net::Duration longest_close) {
  const auto check = [&](std::size_t left, const char* what) {
    if (left != 0) stage.complaints.add(std::to_string(left) + what);
  };
  stage.world.loop.runFor(longest_close);
  check(stage.alive.payloads.live(), " bytes of media are left");
  check(static_cast<std::size_t>(stage.alive.links), " links are left");
  check(static_cast<std::size_t>(stage.alive.timers), " timers are left");
  stage.world.loop.runFor(20s);
  check(static_cast<std::size_t>(stage.alive.tasks), " tasks are left");
}

}  // namespace multiconn::chaos
