#include "origin/shared_object_saver.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::origin {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds longest_pause{30'000};
// Behind a failure; twice as long behind the next.
constexpr milliseconds shortest_pause{100};

}  // namespace

void SharedObjectSaver::touch() {
  dirty_ = true;
  if (!saving_ && !waiting_) wait(interval_);
}

void SharedObjectSaver::flush(Saved done) {
  if (!target_) return;
  next_.push_back(std::move(done));
  if (!saving_) begin();
}

void SharedObjectSaver::hurry() {
  if (target_ && dirty_ && !saving_ && !failing()) begin();
}

// A save that is under way could still fail, and nobody would hear of it: the last one covers it.
void SharedObjectSaver::finish() {
  timer_.cancel();
  Target* const target = std::exchange(target_, nullptr);
  if (!target || clean()) return;
  dirty_ = false;
  target->save({});
}

void SharedObjectSaver::begin() {
  timer_.cancel();
  waiting_ = false;
  dirty_ = false;
  saving_ = true;
  current_ = std::exchange(next_, {});
  target_->save([weak = weak_from_this()](const std::string& error) {
    if (const auto self = weak.lock()) self->ended(error);
  });
}

void SharedObjectSaver::ended(const std::string& error) {
  saving_ = false;
  const bool was_failing = failing();
  failures_ = error.empty() ? 0 : failures_ + 1;
  dirty_ = dirty_ || failing();
  for (const Saved& done : std::exchange(current_, {})) {
    if (done) done(error);
  }
  if (!target_) return;
  target_->saveEnded(error, failing() != was_failing);
  if (!target_ || saving_) return;
  if (!next_.empty()) return begin();
  if (failing()) return wait(std::max(interval_, shortest_pause) * (1U << std::min(failures_, 12U)));
  if (dirty_) return wait(interval_);
  target_->saveDone();
}

void SharedObjectSaver::wait(milliseconds pause) {
  waiting_ = true;
  timer_ = scheduler_.after(std::min(pause, longest_pause), [this] { begin(); });
}

}  // namespace multiconn::origin
