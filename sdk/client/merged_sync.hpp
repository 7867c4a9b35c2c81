#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/merged_object.hpp"

namespace multiconn::client {

/// One message of one server being taken in: what it brings goes to the rules of the MergedObject, and the
/// list for onSync is made.
class MergedObject::Sync {
 public:
  Sync(MergedObject& object, ServerId server_id, Server& of, rtmp::TimePoint at)
      : id(server_id), server(of), now(at), object_(object) {}

  void operator()(const rtmp::replica_event::Joined&) {
    joined_ = true;
    server.joined_version = server.replica.version();
  }
  void operator()(const rtmp::replica_event::Settled&) { object_.settle(*this); }
  void operator()(const rtmp::replica_event::Cleared&) { cleared_ = true; }
  void operator()(const SlotChanged& event) {
    if (server.replica.inUse()) object_.changed(*this, event);
  }
  void operator()(const rtmp::replica_event::Sent& event) {
    object_.events_.sent(id, event.handler, event.arguments);
  }
  void operator()(const rtmp::replica_event::StatusReceived& event) {
    object_.events_.status(id, event.code, event.level);
  }
  void operator()(const rtmp::replica_event::Refused& event) { object_.refuse(id, server, event.too_large); }
  void operator()(const rtmp::replica_event::NoAnswer&) { object_.events_.noAnswer(id); }

  void report(Change::Code code, std::string slot, const rtmp::SlotValue& old_value) {
    changes_.push_back({code, std::move(slot), old_value.value_or(nullptr), id});
  }
  void touch(const std::string& slot) { touched_.insert(slot); }
  void finish();

  const ServerId id;
  Server& server;
  const rtmp::TimePoint now;

 private:
  MergedObject& object_;
  std::vector<Change> changes_;
  std::set<std::string> touched_;
  bool joined_ = false;
  bool cleared_ = false;
};

}  // namespace multiconn::client
