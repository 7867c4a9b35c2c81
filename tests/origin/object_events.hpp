#pragma once

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "rtmp/shared_object_message.hpp"

namespace multiconn::test {

using ObjectEvent = rtmp::SharedObjectEvent;
using ObjectEvents = std::vector<ObjectEvent>;

// A shared object's events, as both sides write them.
inline ObjectEvent objectEvent(ObjectEvent::Kind kind, std::string name = {}, AmfValue value = {}) {
  ObjectEvent event;
  event.kind = kind;
  event.name = std::move(name);
  event.value = std::move(value);
  return event;
}
inline ObjectEvent use() {
  return objectEvent(ObjectEvent::Kind::use);
}
inline ObjectEvent release() {
  return objectEvent(ObjectEvent::Kind::release);
}
inline ObjectEvent set(std::string name, AmfValue value) {
  return objectEvent(ObjectEvent::Kind::request_change, std::move(name), std::move(value));
}
inline ObjectEvent unset(std::string name) {
  return objectEvent(ObjectEvent::Kind::request_remove, std::move(name));
}
inline ObjectEvent message(std::vector<AmfValue> values) {
  ObjectEvent event = objectEvent(ObjectEvent::Kind::send);
  event.values = std::move(values);
  return event;
}
inline ObjectEvent joined() {
  return objectEvent(ObjectEvent::Kind::use_success);
}
inline ObjectEvent cleared() {
  return objectEvent(ObjectEvent::Kind::clear);
}
inline ObjectEvent changed(std::string name, AmfValue value) {
  return objectEvent(ObjectEvent::Kind::change, std::move(name), std::move(value));
}
inline ObjectEvent success(std::string name) {
  return objectEvent(ObjectEvent::Kind::success, std::move(name));
}
inline ObjectEvent removed(std::string name) {
  return objectEvent(ObjectEvent::Kind::remove, std::move(name));
}
inline ObjectEvent refusal(std::string code) {
  ObjectEvent event = objectEvent(ObjectEvent::Kind::status, std::move(code));
  event.level = "error";
  return event;
}

}  // namespace multiconn::test

namespace multiconn::rtmp {

// For messages of failed tests.
inline void PrintTo(const SharedObjectEvent& event, std::ostream* out) {
  *out << static_cast<int>(event.kind) << " '" << event.name << "'";
}

}  // namespace multiconn::rtmp
