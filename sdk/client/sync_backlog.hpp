#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <multiconn/shared_object.hpp>

#include "rtmp/limits.hpp"

namespace multiconn::client {

/// What onSync still has to tell of one server that says more than is told message by message: many lists
/// made one, in which each slot has what became of it and what it was before all of them.
class SyncBacklog {
 public:
  void add(std::vector<Change> changes, rtmp::TimePoint now);
  /// When the first of it came; nothing when there is none.
  std::optional<rtmp::TimePoint> since() const { return since_; }
  /// It should be told before more comes.
  bool full() const { return changes_.size() >= most_changes; }
  std::vector<Change> take();

 private:
  static constexpr std::size_t most_changes = 16384;
  using Key = std::pair<bool, std::string>;  // whether it answers a write of ours; the slot

  struct Place {
    std::size_t index;   // in changes_
    AmfValue old_value;  // before all of them, while a removal, which has none, is the last
  };

  void addOne(Change change);
  void clear(Change change);

  std::optional<rtmp::TimePoint> since_;
  std::vector<Change> changes_;
  std::map<Key, Place> places_;
};

}  // namespace multiconn::client
