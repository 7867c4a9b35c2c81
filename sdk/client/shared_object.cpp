#include <multiconn/shared_object.hpp>

#include <algorithm>
#include <span>

#include "client/client_core.hpp"
#include "client/shared_objects.hpp"
#include "client/status_codes.hpp"
#include "rtmp/amf0.hpp"

namespace multiconn {

namespace code = client::code;
using client::SharedObjectSession;
using client::SharedObjectView;

namespace {

constexpr std::size_t longest_name = 1024;
constexpr SharedObjectView::Ticket no_ticket = 0;

/// One sentence; empty: nothing is wrong with them.
std::string whyNot(std::span<const AmfValue> values, bool amf3);
std::string whyNot(const char* what, std::string_view name);
void refuse(ClientCore& core, const std::shared_ptr<SharedObjectView>& view, const char* code,
            std::string why);

void usedTooLate(ClientCore& strand, SharedObjectView& view);

/// Runs action(session) on the strand, unless the object or all has been closed.
template <typename Action>
void perform(ClientCore& core, const std::shared_ptr<SharedObjectView>& view, Action action) {
  core.post([view, action = std::move(action)](ClientCore& strand) mutable {
    const auto objects = strand.observer<client::SharedObjects>();
    SharedObjectSession* const session = objects && !strand.closed() ? objects->session(view) : nullptr;
    if (session) return action(*session);
    usedTooLate(strand, *view);
  });
}

}  // namespace

SharedObject::SharedObject(std::weak_ptr<ClientCore> core, std::shared_ptr<SharedObjectView> view,
                           std::string name)
    : core_(std::move(core)), view_(std::move(view)), name_(std::move(name)) {}

void SharedObject::set(std::string slot, AmfValue value) {
  const auto core = core_.lock();
  if (!core || !view_) return;
  rtmp::SlotValue wanted = rtmp::slotValue(std::move(value));
  std::string why = whyNot("slot", slot);
  if (why.empty() && wanted) why = whyNot(std::span(&*wanted, 1), core->options().amf3);
  if (!why.empty()) return refuse(*core, view_, code::object_bad_value, std::move(why));
  // What goes nowhere is not shown either.
  const SharedObjectView::Ticket ticket = core->isShut() ? no_ticket : view_->assign(slot, wanted);
  perform(*core, view_,
          [slot = std::move(slot), wanted = std::move(wanted), ticket](SharedObjectSession& session) {
            session.set(slot, wanted, ticket);
          });
}

std::optional<AmfValue> SharedObject::get(std::string_view slot) const {
  return view_ ? view_->get(slot) : std::nullopt;
}

AmfObject SharedObject::data() const {
  return view_ ? view_->data() : AmfObject();
}

void SharedObject::remove(std::string slot) {
  set(std::move(slot), nullptr);
}

void SharedObject::clear() {
  const auto core = core_.lock();
  if (!core || !view_) return;
  const SharedObjectView::Ticket ticket = core->isShut() ? no_ticket : view_->clear();
  perform(*core, view_, [ticket](SharedObjectSession& session) { session.clear(ticket); });
}

void SharedObject::send(std::string handler, std::vector<AmfValue> arguments) {
  const auto core = core_.lock();
  if (!core || !view_) return;
  std::string why = whyNot("handler", handler);
  if (why.empty()) why = whyNot(arguments, core->options().amf3);
  if (!why.empty()) return refuse(*core, view_, code::object_bad_value, std::move(why));
  perform(*core, view_,
          [handler = std::move(handler), arguments = std::move(arguments)](SharedObjectSession& session) {
            session.send(handler, arguments);
          });
}

void SharedObject::onSync(std::function<void(std::span<const Change>)> callback) {
  const auto core = core_.lock();
  if (!core || !view_) return;
  perform(*core, view_,
          [callback = std::move(callback)](SharedObjectSession& session) { session.onSync(callback); });
}

void SharedObject::on(std::string handler,
                      std::function<void(ServerId, const std::vector<AmfValue>&)> callback) {
  const auto core = core_.lock();
  if (!core || !view_) return;
  perform(*core, view_,
          [handler = std::move(handler), callback = std::move(callback)](SharedObjectSession& session) {
            session.on(handler, callback);
          });
}

void SharedObject::onStatus(std::function<void(const Status&)> callback) {
  const auto core = core_.lock();
  if (!core || !view_) return;
  perform(*core, view_,
          [callback = std::move(callback)](SharedObjectSession& session) { session.onStatus(callback); });
}

void SharedObject::relay(bool relay) {
  const auto core = core_.lock();
  if (core && view_) perform(*core, view_, [relay](SharedObjectSession& session) { session.relay(relay); });
}

void SharedObject::setFps(double fps) {
  const auto core = core_.lock();
  if (core && view_) perform(*core, view_, [fps](SharedObjectSession& session) { session.fps(fps); });
}

void SharedObject::flush() {
  const auto core = core_.lock();
  if (core && view_) perform(*core, view_, [](SharedObjectSession& session) { session.flush(); });
}

void SharedObject::close() {
  const auto core = core_.lock();
  if (!core || !view_) return;
  view_->close();
  if (const auto objects = core->observer<client::SharedObjects>()) objects->forget(view_);
  core->post([view = view_](ClientCore& strand) {
    if (const auto objects = strand.observer<client::SharedObjects>()) objects->close(view);
  });
}

std::vector<SharedObjectServer> SharedObject::servers() const {
  return view_ ? view_->servers() : std::vector<SharedObjectServer>();
}

const char* name(Change::Code code) {
  switch (code) {
    case Change::Code::clear:
      return "clear";
    case Change::Code::success:
      return "success";
    case Change::Code::reject:
      return "reject";
    case Change::Code::change:
      return "change";
    case Change::Code::deleted:
      return "delete";
  }
  return "unknown";
}

namespace {

std::string whyNot(const char* what, std::string_view name) {
  if (name.empty()) return std::string("The name of the ") + what + " is empty.";
  if (name.size() > longest_name)
    return std::string("The name of the ") + what + " is longer than 1024 bytes.";
  return {};
}

std::string whyNot(std::span<const AmfValue> values, bool amf3) {
  const auto shallow = [](const AmfValue& value) { return rtmp::within(value, rtmp::Limits().amf_depth); };
  if (!std::all_of(values.begin(), values.end(), shallow)) return "The value is more than 32 levels deep.";
  rtmp::Bytes bytes;
  const rtmp::Error error =
      amf3 ? rtmp::amf0::encodeWithAmf3(values, bytes) : rtmp::amf0::encode(values, bytes);
  if (error != rtmp::Error::none)
    return "The value cannot be sent: " + rtmp::make_error_code(error).message() + ".";
  if (bytes.size() > rtmp::SharedObjectBounds().value_bytes)
    return "The value is larger than 1,000,000 bytes.";
  return {};
}

// Another thread may have set() it just before.
void usedTooLate(ClientCore& strand, SharedObjectView& view) {
  view.dropUnsettled();
  strand.connectionStatus({code::object_closed,
                           "warning",
                           "The shared object \"" + view.name() + "\" is used after " +
                               (strand.closed() ? "ncClose()." : "it has been closed."),
                           {},
                           {},
                           {}});
}

void refuse(ClientCore& core, const std::shared_ptr<SharedObjectView>& view, const char* code,
            std::string why) {
  perform(core, view,
          [code, why = std::move(why)](SharedObjectSession& session) { session.report(code, "error", why); });
}

}  // namespace

}  // namespace multiconn
