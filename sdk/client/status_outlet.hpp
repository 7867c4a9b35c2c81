#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include <multiconn/status.hpp>

namespace multiconn::client {

/// Where the statuses of one kind go: to the application's callback, and until the first one is given, into a
/// list of bounded size.
class StatusOutlet {
 public:
  using Listener = std::function<void(const Status&)>;

  static constexpr std::size_t most_waiting = 64;
  static constexpr std::size_t longest_info = 16 * 1024;  ///< as it lies in memory, of one that waits

  /// Nobody has said whether to listen.
  bool waits() const { return !decided_; }
  /// While it waits(). `object`: the shared object it is about, if any. Beyond the bound the oldest goes.
  void keep(Status status, std::string object = {});
  /// Gives back what is kept about this object.
  std::vector<Status> takeBack(const std::string& object);
  /// Empty: nobody does. Gives back everything kept, for tell().
  std::vector<Status> listen(Listener listener);
  void tell(const Status& status) const {
    if (listener_) listener_(status);
  }
  /// Lets go of everything.
  void clear() { listen(nullptr); }

 private:
  struct Kept {
    Status status;
    std::string object;
  };

  bool decided_ = false;
  Listener listener_;
  std::deque<Kept> kept_;
};

}  // namespace multiconn::client
