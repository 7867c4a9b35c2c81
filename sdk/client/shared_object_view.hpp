#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/shared_object.hpp>

#include "rtmp/slot_value.hpp"

namespace multiconn::client {

/// What every thread sees of one shared object: what the strand has published, and on top of that what has
/// been set and has not reached the strand yet. Handles share it.
class SharedObjectView {
 public:
  using Ticket = std::uint64_t;

  SharedObjectView(std::string name, bool persistent) : name_(std::move(name)), persistent_(persistent) {}
  const std::string& name() const { return name_; }
  bool persistent() const { return persistent_; }

  // Any thread.
  std::optional<AmfValue> get(std::string_view slot) const;
  AmfObject data() const;
  std::vector<SharedObjectServer> servers() const;
  /// Shown until it is settled().
  Ticket assign(const std::string& slot, rtmp::SlotValue value);
  /// Every slot is shown as removed.
  Ticket clear();
  /// The two above do nothing from now on.
  void close();

  // The strand.
  void publish(const std::string& slot, const rtmp::SlotValue& value);
  void publish(std::vector<SharedObjectServer> servers);
  /// What assign() or clear() has done has been published.
  void settled(Ticket ticket);
  /// What they have done and is not settled yet never will be.
  void dropUnsettled();

 private:
  struct Local {
    rtmp::SlotValue value;
    Ticket ticket = 0;
  };

  const std::string name_;
  const bool persistent_;
  mutable std::mutex mutex_;
  std::map<std::string, AmfValue, std::less<>> published_;
  std::map<std::string, Local, std::less<>> local_;
  Ticket next_ticket_ = 1;
  std::vector<SharedObjectServer> servers_;
  bool closed_ = false;
};

}  // namespace multiconn::client
