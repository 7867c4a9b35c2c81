#include "client/intake.hpp"

#include <utility>

namespace multiconn::client {

bool Intake::take(std::size_t bytes) {
  if (!open_ || shut_) return false;
  const std::size_t waiting = waiting_.fetch_add(bytes) + bytes;
  const std::size_t queued = queued_.fetch_add(bytes) + bytes;
  if ((lossless_ ? queued : waiting) <= limit) return true;
  waiting_ -= bytes;
  queued_ -= bytes;
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

// Whatever a producer may have read from queued() has to be seen here when it is lowered, or a producer that
// read a value above the mark would wait for a drain that is never told. Between two calls it only rises.
Intake::Relief Intake::settle(std::size_t bytes, std::size_t fullest) {
  waiting_ -= bytes;
  const std::size_t change = fullest - std::exchange(fullest_, fullest) - bytes;  // modulo 2^64
  above_ = queued_.fetch_add(change) > mark || above_ || queued() > mark;
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
