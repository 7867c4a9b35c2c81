#include "chaos/run.hpp"

#include <algorithm>
#include <memory>

#include <multiconn/multiconn.hpp>

#include "chaos/application.hpp"
#include "chaos/bounds.hpp"
#include "chaos/stage.hpp"
#include "chaos/verdict.hpp"

namespace multiconn::chaos {

namespace {

using namespace std::chrono_literals;
using Ending = Plan::Ending;

constexpr auto longest_close = 250ms;
// A server that was mute is waited for before it is tried again, and then there is the back-off.
constexpr auto longest_return = 120s;

class Run {
 public:
  Run(std::uint64_t seed, const RunOptions& options)
      : stage_(seed, options.tell),
        runtime_(std::make_unique<Engine>(stage_.world, Random(seed + 1), stage_.alive)) {}

  RunResult go() {
    stage_.complaints.tell(stage_.plan.text());
    for (const auto& site : stage_.sites) stage_.scheduleFaults(*site);
    application_.emplace(stage_, runtime_);
    application_->open();
    if (application_->awaitUntouched()) {
      play(stage_.plan.span, true);
      if (stage_.plan.ending == Ending::complete) healAndComplete();
    }
    end();
    judgeSites(stage_, outcome_);
    return result();
  }

 private:
  void play(net::Duration span, bool with_actions) {
    const net::TimePoint until = stage_.world.loop.now() + span;
    while (stage_.world.loop.now() < until) {
      application_->write();
      stage_.world.loop.runFor(stage_.plan.interval);
      checkBounds(stage_, application_->stats(), application_->bytesWritten());
      if (with_actions && stage_.random.chance(2)) application_->act();
    }
  }

  void healAndComplete() {
    const net::TimePoint begun = stage_.world.loop.now();
    while (!allBack() && stage_.world.loop.now() - begun < longest_return) play(250ms, false);
    if (!allBack()) reportAbsent();
    // So that every server gets a keyframe of its own.
    play(stage_.plan.interval * static_cast<int>(stage_.plan.gop) + 1s, false);
    const bool narrow = std::any_of(stage_.sites.begin(), stage_.sites.end(),
                                    [](const auto& site) { return site->server->narrow; });
    if (!application_->finish(narrow ? 120s : 20s)) stage_.complaints.add("finish() does not end");
    stage_.world.loop.runFor(500ms);
    outcome_.completed = true;
  }

  bool allBack() {
    // Until then a client may believe in a connection whose path has gone.
    if (stage_.world.loop.now() < stage_.healed_at + stage_.plan.options.dead_after + 2s) return false;
    const auto rows = application_->stats();
    return std::all_of(stage_.sites.begin(), stage_.sites.end(),
                       [&](const auto& site) { return back(rows, *site); });
  }
  static bool back(const std::vector<ServerStats>& rows, const Site& site) {
    if (site.removed || site.spare) return true;
    const auto state = stateOf(rows, site.id);
    if (!state) return false;
    return *state == ServerState::publishing || (*state == ServerState::failed && site.may_fail) ||
           (*state == ServerState::connected && site.may_fail);
  }
  void reportAbsent() {
    const auto rows = application_->stats();
    for (const auto& site : stage_.sites) {
      if (back(rows, *site)) continue;
      const auto row =
          std::find_if(rows.begin(), rows.end(), [&](const auto& entry) { return entry.id == site->id; });
      stage_.complaints.add(
          site->host + " is not back: " +
          (row == rows.end() ? "no row" : std::string(multiconn::name(row->state)) + ", " + row->error));
    }
  }

  void end() {
    if (stage_.plan.ending != Ending::destroy_in_the_middle) close();
    application_->destroy();
    checkNothingLeft(stage_, longest_close);
  }
  void close() {
    const net::TimePoint asked = stage_.world.loop.now();
    outcome_.closed = application_->close();
    if (!outcome_.closed) return stage_.complaints.add("ncClose() does not end");
    const auto took = stage_.world.loop.now() - asked;
    if (took > longest_close) stage_.complaints.add("ncClose() took " + std::to_string(took / 1ms) + " ms");
    stage_.world.loop.settle();
    if (stage_.alive.links != 0)
      stage_.complaints.add(std::to_string(stage_.alive.links) + " links are left after ncClose()");
    outcome_.data_sent = application_->dataSent();
    application_->checkAllAnswered();
  }

  RunResult result() {
    RunResult result = stage_.sum;
    result.complaints = stage_.complaints.take();
    result.frames = stage_.ledger.of(Kind::video).size() + stage_.ledger.of(Kind::audio).size();
    result.wrapped = application_->timestampsWrapped();
    for (const auto& site : stage_.sites) {
      result.faults += site->faults.size();
      result.publications += site->server->publications.size();
      result.batches += site->server->batches;
    }
    return result;
  }

  Stage stage_;
  Runtime runtime_;
  Outcome outcome_;
  std::optional<Application> application_;
};

}  // namespace

RunResult runChaos(std::uint64_t seed, const RunOptions& options) {
  return Run(seed, options).go();
}

}  // namespace multiconn::chaos
