#include <string>
#include <utility>

#include <multiconn/multi_connection.hpp>

#include "client/client_core.hpp"
#include "client/shared_objects.hpp"
#include "client/status_codes.hpp"
#include "rtmp/shared_object_message.hpp"

// What a MultiConnection does with shared objects.
namespace multiconn {

namespace code = client::code;
using client::SharedObjects;

namespace {

void report(ClientCore& core, const char* code, std::string description, const char* level = "error") {
  core.post([code, description = std::move(description), level](ClientCore& strand) {
    strand.connectionStatus({code, level, description, {}, {}, {}});
  });
}

/// "NAME.data.SLOT": the object of that name and the slot. A name may have ".data." in it too.
std::pair<std::shared_ptr<client::SharedObjectView>, std::string_view> resolve(const SharedObjects& objects,
                                                                               std::string_view path) {
  constexpr std::string_view separator = ".data.";
  for (std::size_t at = path.find(separator); at != std::string_view::npos; at = path.find(separator, at + 1))
    if (auto view = objects.find(path.substr(0, at))) return {view, path.substr(at + separator.size())};
  return {};
}

std::string badPath(std::string_view path) {
  return "There is no shared object for \"" + std::string(path.substr(0, 100)) +
         "\": the form is NAME.data.SLOT, after sharedObjectSetup(NAME).";
}

}  // namespace

SharedObject MultiConnection::sharedObjectSetup(std::string name, bool persistent) {
  const auto objects = core_->observer<SharedObjects>();
  if (!objects) return {};
  if (!rtmp::isSharedObjectName(name, rtmp::Limits())) {
    report(*core_, code::object_bad_name,
           "This is no name for a shared object: 1 to 1024 bytes, no command of RTMP, none of space ~ % & \\ "
           "; : \" "
           "' , < > ? #.");
    return {};
  }
  if (core_->isShut()) {
    report(*core_, code::object_closed,
           "The shared object \"" + name + "\" is set up after ncClose(), which comes to nothing.",
           "warning");
    return {};
  }
  bool made = false;
  auto view = objects->view(name, persistent, made);
  if (!view) {
    report(*core_, code::object_bad_persistence,
           "The shared object \"" + name + "\" is in use already, " +
               (persistent ? "and is not persistent." : "and is persistent."));
    return {};
  }
  if (made) core_->post([objects, view](ClientCore&) { objects->setUp(view); });
  return {core_, std::move(view), std::move(name)};
}

void MultiConnection::setSoValue(std::string_view path, AmfValue value) {
  const auto objects = core_->observer<SharedObjects>();
  if (!objects) return;
  auto [view, slot] = resolve(*objects, path);
  if (!view) return report(*core_, code::object_bad_path, badPath(path));
  std::string name = view->name();
  SharedObject(core_, std::move(view), std::move(name)).set(std::string(slot), std::move(value));
}

std::optional<AmfValue> MultiConnection::getSoValue(std::string_view path) const {
  const auto objects = core_->observer<SharedObjects>();
  if (!objects) return {};
  const auto [view, slot] = resolve(*objects, path);
  if (view) return view->get(slot);
  report(*core_, code::object_bad_path, badPath(path));
  return {};
}

}  // namespace multiconn
