#include "origin/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "net/scheduler.hpp"
#include "origin/recording_file.hpp"

namespace multiconn::origin {
namespace {

// What may wait for the disk before the recording is given up.
constexpr std::size_t max_backlog = 64 * 1024 * 1024, message_cost = 256;
// A broadcast that begins this near to zero keeps its times as they are: its tracks need not begin with the
// same one.
constexpr std::uint32_t near_zero_ms = 1000;
constexpr std::int32_t implausible_jump_ms = 10'000;

}  // namespace

struct Recorder::Shared {
  RecordingFile file;
  net::Scheduler& scheduler;
  std::function<void(Outcome)> ended;  // taken when it is called; disk thread
  std::atomic<std::size_t> backlog = 0;
  std::atomic<bool> failed = false;

  void run(const std::function<std::string()>& step) {
    if (failed) return;
    std::string error = step();
    if (error.empty()) return;
    failed = true;
    std::string kept = file.keepAside();
    end({std::move(error), std::move(kept), file.leftover()});
  }
  void end(Outcome outcome) {
    if (!ended) return;
    scheduler.post([call = std::exchange(ended, nullptr), outcome = std::move(outcome)] { call(outcome); });
  }
};

Recorder::Recorder(DiskThread& disk, net::Scheduler& scheduler, std::filesystem::path target, bool append,
                   std::function<void(Outcome)> ended)
    : disk_(disk),
      lane_(target.native()),
      shared_(new Shared{RecordingFile(std::move(target), append), scheduler, std::move(ended), {}, {}}) {
  post([](Shared& shared) {
    shared.run([&] { return shared.file.open(); });
    return true;
  });
  post([](Shared& shared) {
    shared.run([&] { return shared.file.copyOn(); });
    return shared.failed || !shared.file.copying();
  });
}

Recorder::~Recorder() {
  post([](Shared& shared) {
    shared.run([&] { return shared.file.finish(); });
    shared.end({{}, {}, shared.file.leftover()});
    return true;
  });
}

void Recorder::write(const rtmp::OutMessage& message, bool frame) {
  if (shared_->failed || gave_up_) return;
  const std::size_t size = message.payload->size() + message_cost;
  gave_up_ = shared_->backlog.fetch_add(size) + size > max_backlog;
  if (gave_up_) {
    return post([](Shared& shared) {
      shared.run([] { return std::string("the disk is too slow"); });
      return true;
    });
  }
  post([message, size, time = fileTime(message.timestamp, frame)](Shared& shared) {
    shared.run(
        [&] { return shared.file.write(static_cast<std::uint8_t>(message.type), time, *message.payload); });
    shared.backlog -= size;
    return true;
  });
}

bool Recorder::failed() const {
  return shared_->failed;
}

void Recorder::post(std::function<bool(Shared&)> job) {
  disk_.post(lane_, [shared = shared_, job = std::move(job)] { return job(*shared); });
}

std::uint32_t Recorder::fileTime(std::uint32_t timestamp, bool frame) {
  if (!newest_) {
    if (!frame) return 0;
    newest_ = timestamp;
    elapsed_ms_ = timestamp < near_zero_ms ? timestamp : 0;
  }
  const auto step = static_cast<std::int32_t>(timestamp - *newest_);
  const bool plausible = step > -implausible_jump_ms && (frame || step < implausible_jump_ms);
  // A publisher that begins its clock anew does not turn the file's back.
  const std::int64_t time = elapsed_ms_ + (plausible ? step : 0);
  if (frame) {
    newest_ = timestamp;
    elapsed_ms_ = time;
  }
  return static_cast<std::uint32_t>(std::max<std::int64_t>(0, time));
}

}  // namespace multiconn::origin
