#pragma once

#include <chrono>
#include <cstdint>
#include <queue>
#include <vector>

#include "balance/types.hpp"

namespace multiconn::bench {

using SimTime = balance::TimePoint;

inline SimTime atSecond(double seconds) {
  return SimTime(std::chrono::duration_cast<SimTime::duration>(std::chrono::duration<double>(seconds)));
}
inline double seconds(SimTime::duration duration) {
  return std::chrono::duration<double>(duration).count();
}
/// What every simulated machine's wall clock shows.
inline balance::WallTime wallClock(SimTime time) {
  using std::chrono::milliseconds;
  return balance::WallTime(milliseconds(1'790'000'000'000) +
                           std::chrono::duration_cast<milliseconds>(time.time_since_epoch()));
}

enum class EventKind : std::uint8_t {
  client_comes,  ///< of the rush
  base_client_comes,
  client_asks,     ///< again; client = bit rate
  client_arrives,  ///< at an edge
  client_leaves,   ///< an edge
  report_due,      ///< at an edge
  datagram,        ///< at a balancer; slot
  state_saved,
  incident,
  sample,
};

struct Event {
  SimTime time;
  std::uint64_t order;  ///< of events at the same time, the one added first comes first
  EventKind kind;
  std::uint32_t place;  ///< edge or balancer
  std::uint32_t value;  ///< bit rate of a client, or slot of a datagram

  bool operator>(const Event& other) const {
    return time != other.time ? time > other.time : order > other.order;
  }
};

class EventQueue {
 public:
  void add(SimTime time, EventKind kind, std::uint32_t place = 0, std::uint32_t value = 0) {
    events_.push({time, order_++, kind, place, value});
  }
  bool empty() const { return events_.empty(); }
  Event next() {
    const Event event = events_.top();
    events_.pop();
    return event;
  }

 private:
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::uint64_t order_ = 0;
};

}  // namespace multiconn::bench
