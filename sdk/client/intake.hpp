#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace multiconn::client {

/// What producers on any thread and the strand share: how much waits where. Producers add, only the strand
/// takes away.
class Intake {
 public:
  static constexpr std::size_t limit =
      64 * 1024 * 1024;  ///< waiting for the strand, or anywhere when lossless; beyond it frames are refused
  static constexpr std::size_t mark = 1024 * 1024;  ///< what producers that can wait keep the queues below

  // Any thread.
  void open(bool accepting) { open_ = accepting; }
  /// Closed for good.
  void shut() { shut_ = true; }
  bool isShut() const { return shut_; }
  /// False: refused, closed or full. True: the strand will get these bytes, and settle() them.
  bool take(std::size_t bytes);
  /// Bytes that the fullest healthy server has not taken yet.
  std::size_t queued() const { return queued_; }
  /// A source that can wait has to: either queues are above the mark, or no server takes anything yet. Noted,
  /// so that settle() tells when that is over.
  bool full();
  std::chrono::milliseconds time() const { return std::chrono::milliseconds(time_ms_); }

  // The strand.
  struct Relief {
    bool drained = false;  ///< fell below the mark after having been above it
    bool resume = false;   ///< full() said yes to a source since the last time, and is over
  };
  /// `bytes` have gone from waiting into the queues, of which the fullest holds `fullest` now.
  Relief settle(std::size_t bytes, std::size_t fullest);
  void holdSources(bool hold) { hold_ = hold; }
  /// Queues drop nothing: what is in them counts for `limit` too.
  void lossless(bool lossless) { lossless_ = lossless; }
  void time(std::chrono::milliseconds newest) { time_ms_ = newest.count(); }

 private:
  bool blocked() const { return hold_ || queued() > mark; }

  std::atomic<bool> open_ = false;
  std::atomic<bool> shut_ = false;
  std::atomic<std::size_t> waiting_ = 0;
  std::atomic<std::size_t> queued_ = 0;  // waiting_ and what the fullest server holds
  std::atomic<bool> hold_ = false;
  std::atomic<bool> lossless_ = false;
  std::atomic<bool> source_waits_ = false;
  std::atomic<std::int64_t> time_ms_ = 0;
  // The strand's own.
  std::size_t fullest_ = 0;
  bool above_ = false;
};

}  // namespace multiconn::client
