#include "origin/recorder.hpp"

#include <algorithm>
#include <atomic>
#include <utility>

#include "net/scheduler.hpp"
#include "origin/recording_file.hpp"

namespace multiconn::origin {
namespace {

// What may wait for the disk before the recording is given up.
constexpr std::size_t max_backlog = 64 * 1024 * 1024;
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

  void end(std::string error) {
    if (!ended) return;
    scheduler.post(
        [call = std::exchange(ended, nullptr), outcome = Outcome{std::move(error)}] { call(outcome); });
  }
};

Recorder::Recorder(DiskThread& disk, net::Scheduler& scheduler, std::filesystem::path target, bool append,
                   std::function<void(Outcome)> ended)
    : disk_(disk),
      shared_(new Shared{RecordingFile(std::move(target), append), scheduler, std::move(ended), {}, {}}) {
  disk_.post([shared = shared_] { run(shared, [&] { return shared->file.open(); }); });
}

Recorder::~Recorder() {
  disk_.post([shared = std::move(shared_)] {
    run(shared, [&] { return shared->file.finish(); });
    shared->end({});
  });
}

void Recorder::write(const rtmp::OutMessage& message, bool frame) {
  if (shared_->failed) return;
  const std::size_t size = message.payload->size();
  const bool too_slow = shared_->backlog.fetch_add(size) + size > max_backlog;
  disk_.post([shared = shared_, message, time = fileTime(message.timestamp, frame), too_slow] {
    run(shared, [&]() -> std::string {
      if (too_slow) return "the disk is too slow";
      return shared->file.write(static_cast<std::uint8_t>(message.type), time, *message.payload);
    });
    shared->backlog -= message.payload->size();
  });
}

bool Recorder::failed() const {
  return shared_->failed;
}

void Recorder::run(const std::shared_ptr<Shared>& shared, const std::function<std::string()>& step) {
  if (shared->failed) return;
  std::string error = step();
  if (error.empty()) return;
  shared->failed = true;
  shared->end(std::move(error));
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
