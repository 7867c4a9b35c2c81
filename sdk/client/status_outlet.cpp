#include "client/status_outlet.hpp"

#include "rtmp/slot_value.hpp"

namespace multiconn::client {

// Servers choose what an info holds, and it may wait here for ever.
void StatusOutlet::keep(Status status, std::string object) {
  if (rtmp::footprint(status.info) > longest_info) status.info = {};
  if (kept_.size() == most_waiting) kept_.pop_front();
  kept_.push_back({std::move(status), std::move(object)});
}

std::vector<Status> StatusOutlet::takeBack(const std::string& object) {
  std::vector<Status> statuses;
  std::deque<Kept> others;
  for (Kept& kept : kept_) {
    if (kept.object == object)
      statuses.push_back(std::move(kept.status));
    else
      others.push_back(std::move(kept));
  }
  kept_ = std::move(others);
  return statuses;
}

std::vector<Status> StatusOutlet::listen(Listener listener) {
  decided_ = true;
  listener_ = std::move(listener);
  std::vector<Status> statuses;
  for (Kept& kept : std::exchange(kept_, {})) statuses.push_back(std::move(kept.status));
  return statuses;
}

}  // namespace multiconn::client
