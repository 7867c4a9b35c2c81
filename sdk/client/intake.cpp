#include "client/intake.hpp"

namespace multiconn::client {

bool Intake::take(std::size_t bytes) {
  if (!open_ || shut_) return false;
  const std::size_t queued = lossless_ ? fullest_.load() : 0;
  if (waiting_.fetch_add(bytes) + bytes + queued <= limit) return true;
  waiting_ -= bytes;
  return false;
}

// The flag is set before the second look, and settle() looks after it has lowered the figures: one of the two
// sees the other, so that no source waits for ever.
bool Intake::full() {
  if (!blocked()) return false;
  source_waits_ = true;
  if (blocked()) return true;
  source_waits_ = false;
  return false;
}

// Whatever a producer may have read from queued() has to be seen here before it is lowered, or a producer
// that read a value above the mark would wait for a drain that is never told.
Intake::Relief Intake::settle(std::size_t bytes, std::size_t fullest) {
  above_ = above_ || queued() > mark;
  fullest_ = fullest;
  above_ = above_ || queued() > mark;
  waiting_ -= bytes;
  Relief relief;
  if (above_ && queued() <= mark) {
    above_ = false;
    relief.drained = true;
  }
  // Only at half the mark: a source that is woken for every frame costs a change of threads for every frame.
  relief.resume = !hold_ && queued() <= mark / 2 && source_waits_.exchange(false);
  return relief;
}

}  // namespace multiconn::client
