#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/amf_value.hpp>
#include <multiconn/status.hpp>

namespace multiconn {

/// One entry of onSync's list, as Flash has it.
struct Change {
  enum class Code : std::uint8_t {
    clear,    ///< everything has gone; has no slot
    success,  ///< a write of ours was accepted
    reject,   ///< a write of ours was refused: the slot has somebody else's value, old_value is what we wrote
    change,   ///< somebody else wrote the slot; old_value is what it was before
    deleted,  ///< somebody else removed the slot; Flash's name for it is "delete"
  };
  Code code{};
  std::string slot;
  AmfValue old_value;              ///< of reject and change; null otherwise
  std::optional<ServerId> server;  ///< where it happened
};
/// "clear", "success", "reject", "change", "delete".
const char* name(Change::Code code);

/// How one server stands to a shared object.
struct SharedObjectServer {
  enum class State : std::uint8_t {
    waiting,      ///< not connected, or not asked yet
    asking,       ///< whether this server has shared objects is being found out
    joined,       ///< the object lives there
    unsupported,  ///< this server has no shared objects, or did not answer within 3 s
    refused,      ///< the server has shared objects but not this one for us: see its status
  };
  ServerId id{};
  State state = State::waiting;
  std::uint32_t version = 0;  ///< the server's, as last told; 0 unless joined
};

namespace client {
class SharedObjectView;
}
class ClientCore;

/// One shared object that lives on every server of a MultiConnection which has such: SharedObject.getRemote
/// of all of them at once. There is one merged view. What is set here goes to every server; what others
/// change at one server appears here, and with relay(true) is carried to the other servers.
/// docs/shared-objects.md has the rules. A handle: copies name the same object, and it may outlive the
/// MultiConnection harmlessly. Every method may be called from any thread, posts, and returns at once;
/// callbacks as in MultiConnection.
class SharedObject {
 public:
  SharedObject() = default;

  const std::string& name() const { return name_; }

  /// Null or undefined removes the slot. Seen by get() at once, sent with the next batch: between two batches
  /// the last value of a slot counts. A slot's name has 1 to 1024 bytes; a value is at most 32 levels deep
  /// and 1,000,000 bytes when encoded, and needs no AMF3 unless ConnectOptions::amf3 is on; an object holds
  /// 65536 slots and 16 MiB at most: else SharedObject.BadValue, and nothing is changed.
  void set(std::string slot, AmfValue value);
  std::optional<AmfValue> get(std::string_view slot) const;
  /// The whole merged view.
  AmfObject data() const;
  void remove(std::string slot);
  /// Removes every slot.
  void clear();
  /// To every client of the object at every server, this one included: once from each server. Not stored, and
  /// not held back for the batch, but sent behind what was set before. The name and the arguments are bounded
  /// as a slot's are; while no server has been joined, or too much waits: SharedObject.SendFailed.
  void send(std::string handler, std::vector<AmfValue> arguments = {});

  /// Once for every message of a server that changed something or answered a write of ours; first when a
  /// server has been joined, even if nothing changed. get() has the new values already. A callback that is
  /// given later first gets, for each server that has been joined, a change of every slot there is.
  void onSync(std::function<void(std::span<const Change>)> callback);
  /// What send() of any client brings. `handler` empty: all that have no handler of their own.
  void on(std::string handler, std::function<void(ServerId, const std::vector<AmfValue>&)> callback);
  /// SharedObject statuses: of a server (NoReadAccess, NoWriteAccess ...), and ours (Unsupported, BadValue
  /// ...). Without it they go to MultiConnection::onStatus; those that nobody has heard there either are told
  /// to the callback that is given later.
  void onStatus(std::function<void(const Status&)> callback);

  /// Carry what others change at one server to the others; false by default.
  void relay(bool relay);
  /// Batches a second: 25 by default; 0: only flush(), close() and ncClose() send; below 0: the default
  /// again.
  void setFps(double fps);
  /// Sends what has been set, without waiting for the next batch's time; as any batch it leaves a server's
  /// queue once the one before has been answered. Before ncClose() and close() it need not be called.
  void flush();
  /// Sends what waits (one batch, 1 MiB, for each server), and leaves the object on every server.
  /// sharedObjectSetup() makes it anew; this handle's methods report SharedObject.Closed.
  void close();

  /// A snapshot, one row per server, in the order of connect().
  std::vector<SharedObjectServer> servers() const;

 private:
  friend class MultiConnection;
  SharedObject(std::weak_ptr<ClientCore> core, std::shared_ptr<client::SharedObjectView> view,
               std::string name);
  std::weak_ptr<ClientCore> core_;
  std::shared_ptr<client::SharedObjectView> view_;
  std::string name_;
};

}  // namespace multiconn
