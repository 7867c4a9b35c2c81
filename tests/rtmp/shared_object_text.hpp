#pragma once

#include <string>
#include <vector>

#include "rtmp/remote_shared_object.hpp"
#include "rtmp/shared_object_message.hpp"

/// Shared object messages from short calls, and messages and events as short texts, so that a test reads as a
/// conversation.
namespace multiconn::rtmp::test {

using EventKind = SharedObjectEvent::Kind;

inline SharedObjectEvent useSuccess() {
  return {EventKind::use_success, {}, {}, {}, {}};
}
inline SharedObjectEvent cleared() {
  return {EventKind::clear, {}, {}, {}, {}};
}
inline SharedObjectEvent changed(std::string slot, AmfValue value) {
  return {EventKind::change, std::move(slot), std::move(value), {}, {}};
}
inline SharedObjectEvent succeeded(std::string slot) {
  return {EventKind::success, std::move(slot), {}, {}, {}};
}
inline SharedObjectEvent removed(std::string slot) {
  return {EventKind::remove, std::move(slot), {}, {}, {}};
}
inline SharedObjectEvent said(std::string code, std::string level = "error") {
  return {EventKind::status, std::move(code), {}, std::move(level), {}};
}
inline SharedObjectMessage message(std::string name, std::uint32_t version,
                                   std::vector<SharedObjectEvent> events, bool persistent = false) {
  return {std::move(name), version, persistent, false, std::move(events)};
}

/// Numbers, strings and what is absent, with "..." for the rest.
inline std::string text(const AmfValue& value) {
  if (const double* number = value.number()) return std::to_string(static_cast<long>(*number));
  if (const std::string* string = value.string()) return *string;
  return value.isNull() || value.isUndefined() ? "none" : "...";
}
inline std::string text(const SlotValue& value) {
  return value ? text(*value) : "none";
}

/// "use", "release", "x=1", "-x", "doIt(a,7)", "use success", "clear", "x ok".
inline std::string text(const SharedObjectEvent& event) {
  switch (event.kind) {
    case EventKind::use:
      return "use";
    case EventKind::release:
      return "release";
    case EventKind::request_change:
    case EventKind::change:
      return event.name + "=" + text(event.value);
    case EventKind::request_remove:
    case EventKind::remove:
      return "-" + event.name;
    case EventKind::use_success:
      return "use success";
    case EventKind::clear:
      return "clear";
    case EventKind::success:
      return event.name + " ok";
    case EventKind::status:
      return event.level + " " + event.name;
    case EventKind::send: {
      std::string list;
      for (std::size_t i = 1; i < event.values.size(); ++i)
        list += (i > 1 ? "," : "") + text(event.values[i]);
      return text(event.values.at(0)) + "(" + list + ")";
    }
  }
  return "?";
}
/// "2: x=1 y=2": the version, then the events.
inline std::string text(const SharedObjectMessage& message) {
  std::string line = std::to_string(message.version) + ":";
  for (const SharedObjectEvent& event : message.events) line += " " + text(event);
  return line;
}

struct EventText {
  std::string operator()(const replica_event::Joined&) const { return "joined"; }
  std::string operator()(const replica_event::Settled&) const { return "settled"; }
  std::string operator()(const replica_event::Cleared&) const { return "cleared"; }
  std::string operator()(const replica_event::SlotChanged& event) const {
    static const char* const names[] = {"snapshot", "changed", "rejected", "accepted",
                                        "presumed", "refused", "denied"};
    std::string line = std::string(names[static_cast<std::size_t>(event.kind)]) + " " + event.slot + ": " +
                       text(event.before) + " -> " + text(event.after);
    if (event.kind > replica_event::SlotChanged::Kind::changed) line += ", wrote " + text(event.wrote);
    return line;
  }
  std::string operator()(const replica_event::Sent& event) const {
    return text(SharedObjectEvent{EventKind::send, {}, {}, {}, arguments(event)});
  }
  std::string operator()(const replica_event::StatusReceived& event) const {
    return event.level + " " + event.code;
  }
  std::string operator()(const replica_event::Refused& event) const {
    return event.too_large ? "too large" : "refused";
  }
  std::string operator()(const replica_event::NoAnswer&) const { return "no answer"; }

 private:
  static std::vector<AmfValue> arguments(const replica_event::Sent& event) {
    std::vector<AmfValue> values{event.handler};
    values.insert(values.end(), event.arguments.begin(), event.arguments.end());
    return values;
  }
};
inline std::string text(const ReplicaEvent& event) {
  return std::visit(EventText(), event);
}

template <typename List>
std::vector<std::string> texts(const List& list) {
  std::vector<std::string> lines;
  for (const auto& item : list) lines.push_back(text(item));
  return lines;
}

}  // namespace multiconn::rtmp::test
