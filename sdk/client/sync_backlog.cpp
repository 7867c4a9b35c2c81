#include "client/sync_backlog.hpp"

namespace multiconn::client {

namespace {

bool answers(const Change& change) {
  return change.code == Change::Code::success || change.code == Change::Code::reject;
}

}  // namespace

void SyncBacklog::add(std::vector<Change> changes, rtmp::TimePoint now) {
  if (!since_) since_ = now;
  for (Change& change : changes) addOne(std::move(change));
}

std::vector<Change> SyncBacklog::take() {
  since_.reset();
  places_.clear();
  return std::exchange(changes_, {});
}

void SyncBacklog::addOne(Change change) {
  if (change.code == Change::Code::clear) return clear(std::move(change));
  const auto [found, added] = places_.try_emplace({answers(change), change.slot}, Place{changes_.size(), {}});
  if (added) return changes_.push_back(std::move(change));
  Place& place = found->second;
  Change& earlier = changes_[place.index];
  if (earlier.code == Change::Code::change) place.old_value = std::move(earlier.old_value);
  if (change.code == Change::Code::change) change.old_value = std::move(place.old_value);
  earlier = std::move(change);
}

// What others had done before has gone with it; the answers to our writes have not.
void SyncBacklog::clear(Change change) {
  std::vector<Change> earlier = std::exchange(changes_, {});
  places_.clear();
  changes_.push_back(std::move(change));
  for (Change& each : earlier)
    if (answers(each)) addOne(std::move(each));
}

}  // namespace multiconn::client
