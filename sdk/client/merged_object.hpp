#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <multiconn/shared_object.hpp>
#include <multiconn/status.hpp>

#include "rtmp/remote_shared_object.hpp"

namespace multiconn::client {

/// What a MergedObject tells, in order.
class MergedObjectEvents {
 public:
  virtual ~MergedObjectEvents() = default;
  virtual void transmit(ServerId server, rtmp::SharedObjectMessage message) = 0;
  /// What get() gives from now on.
  virtual void viewChanged(const std::string& slot, const rtmp::SlotValue& value) = 0;
  /// A message of the server has been taken in.
  virtual void synced(ServerId server, std::vector<Change> changes) = 0;
  virtual void sent(ServerId server, const std::string& handler, const std::vector<AmfValue>& arguments) = 0;
  /// From the server.
  virtual void status(ServerId server, const std::string& code, const std::string& level) = 0;
  /// The server will not have the object; `too_large`: we will not have that server's.
  virtual void refused(ServerId server, bool too_large) = 0;
  /// No answer to Use so far.
  virtual void noAnswer(ServerId server) = 0;
  /// The value needs AMF3, which this server's connection does not have, or is too large for a message.
  virtual void notCarried(ServerId server, const std::string& slot) = 0;
};

/// One view of a shared object that lives on several servers: a RemoteSharedObject for each, and the rules by
/// which their contents become one. Pure: time and the seed for chance are arguments. docs/shared-objects.md
/// has the rules; in short, for each slot:
///  - a change at a server that held what the view shows is later, and wins;
///  - else the two were made at the same time: our own write yields, and of two servers' the one wins whose
///    server comes first in the list;
///  - with relay(true) every server is then given what the view shows, until it has it;
///  - what came back with a server that was away is compared with what it held when it was lost.
class MergedObject {
 public:
  using State = rtmp::RemoteSharedObject::State;

  MergedObject(std::string name, bool persistent, MergedObjectEvents& events, std::uint64_t seed,
               rtmp::SharedObjectBounds bounds = {});

  // Servers. Their order is that of their ids.
  /// There is such a server, which may be joined some day: what is removed is remembered for it.
  void expect(ServerId server);
  /// There is no such server any more. The view stays as it is, and nothing is remembered for it.
  void remove(ServerId server);
  /// It will not be, unless join() says otherwise.
  void exclude(ServerId server);
  /// Its connection stands, and it has shared objects. Also for one that is joined on
  /// the same connection and may have forgotten us.
  void join(ServerId server, bool amf3, rtmp::TimePoint now);
  void lost(ServerId server);
  void handle(ServerId server, const rtmp::SharedObjectMessage& message, rtmp::TimePoint now);

  // The application. False: more than an object may hold.
  bool set(const std::string& slot, rtmp::SlotValue value, rtmp::TimePoint now);
  void clear(rtmp::TimePoint now);
  /// To every server that has been joined. False: there is none, or too much waits.
  bool send(const std::string& handler, const std::vector<AmfValue>& arguments, rtmp::TimePoint now);
  void relay(bool relay, rtmp::TimePoint now);
  /// Between two batches; none: only flush() sends.
  void interval(std::optional<rtmp::Duration> interval);
  void flush(rtmp::TimePoint now);
  /// While the connection to this server is full nothing is sent there.
  void hold(ServerId server, bool hold, rtmp::TimePoint now);
  /// Sends what waits, behind whatever is on its way, and what a server that is being joined has not had yet
  /// of ours: what is left to do is release(), or to be lost().
  void finish(rtmp::TimePoint now);
  /// Leaves it everywhere.
  void release();

  void tick(rtmp::TimePoint now);
  std::optional<rtmp::TimePoint> wakeAt() const;

  rtmp::SlotValue value(std::string_view slot) const;
  AmfObject data() const;
  /// Idle for a server that is not known.
  State state(ServerId server) const;
  std::uint32_t version(ServerId server) const;
  /// Slots that have been removed, and are remembered for servers that may not know it yet.
  std::size_t remembered() const { return removed_.size(); }
  /// Their names, as they lie in memory.
  std::size_t rememberedBytes() const { return removed_bytes_; }
  /// Slots whose way to a server is remembered, of all servers together.
  std::size_t traces() const;

 private:
  using SlotChanged = rtmp::replica_event::SlotChanged;
  // One slot of the view; without a value it is remembered as removed.
  struct Entry {
    rtmp::SlotValue value;
    std::uint64_t sequence = 0;
    std::optional<ServerId> author;  // none: we
    bool from_snapshot = false;
    // Of relaying clients that undo each other's work.
    unsigned contention = 0;
    rtmp::TimePoint contended_at{}, not_before{};
  };
  // How far we are with one slot at one server.
  struct Trace {
    rtmp::TimePoint written_at{};
    std::uint64_t sequence = 0;  // of the two below
    unsigned refusals = 0;
    bool given_up = false;
  };
  // What a server held when it was lost.
  struct Held {
    rtmp::SlotValue value;
    std::optional<rtmp::SlotValue> on_its_way;
    std::uint64_t sequence = 0;  // of the view's entry, when that was it
    bool told = false;           // that it is there
  };
  using HeldSlots = std::map<std::string, Held, std::less<>>;
  struct Server {
    explicit Server(rtmp::RemoteSharedObject object) : replica(std::move(object)) {}
    rtmp::RemoteSharedObject replica;
    bool excluded = false;
    bool seen = false;  // its contents are known, from now or from before
    HeldSlots held;
    std::map<std::string, Trace, std::less<>> traces;
    std::uint32_t held_version = 0, joined_version = 0;
    std::set<std::string, std::less<>> owed;  // without relay: what it is given back at owed_at
    rtmp::TimePoint owed_at{};
  };
  class Sync;
  using Entries = std::map<std::string, Entry, std::less<>>;
  using Servers = std::map<ServerId, Server>;

  Server& server(ServerId id);
  void react(ServerId id, Server& server, rtmp::ReplicaReaction reaction, rtmp::TimePoint now);
  void settle(Sync& sync);
  void giveBack(ServerId id, Server& server, rtmp::TimePoint now);
  void refuse(ServerId id, Server& server, bool too_large);
  void leave(Server& server);
  void rememberHeld(Server& server);
  std::vector<rtmp::SlotWrite> unsent(const Server& server) const;
  static bool wasHeld(const HeldSlots& held, const std::string& slot, const Entry& entry);

  void changed(Sync& sync, const SlotChanged& event);
  void foreign(Sync& sync, const SlotChanged& event);
  void snapshot(Sync& sync, const SlotChanged& event);
  void accepted(Sync& sync, const SlotChanged& event);
  void refusedWrite(Sync& sync, const SlotChanged& event);
  bool winsOver(const Entry& entry, ServerId id, const SlotChanged& event) const;
  bool snapshotWins(const std::string& slot, const Entry& entry, ServerId id, const Server& server,
                    const SlotChanged& event) const;
  bool takenElsewhere(ServerId id, const std::string& slot, const Entry& entry) const;
  void take(Sync& sync, const SlotChanged& event);
  void noteContention(const std::string& slot, Entry& entry, const Server& server, rtmp::TimePoint now);

  bool assign(const std::string& slot, rtmp::SlotValue value, std::optional<ServerId> author,
              bool from_snapshot);
  void reconcile(const std::string& slot, rtmp::TimePoint now);
  void reconcile(ServerId id, Server& server, const std::string& slot, Entry& entry, rtmp::TimePoint now);
  void write(ServerId id, Server& server, const std::string& slot, const Entry& entry, rtmp::TimePoint now);
  bool holds(const Server& server, const std::string& slot, const Entry& entry) const;
  bool givenUp(const Server& server, const std::string& slot, const Entry& entry) const;
  void delay(const std::string& slot, Entry& entry, rtmp::TimePoint until);
  void rememberRemoved(const std::string& slot, const Entry& entry);
  void unremember(const std::string& slot, const Entry& entry);
  void forgetRemoved(const std::string& slot);
  void forgetAllRemoved();
  void erase(Entries::iterator entry);
  rtmp::Duration chance(rtmp::Duration most);

  std::string name_;
  bool persistent_;
  MergedObjectEvents& events_;
  rtmp::SharedObjectBounds bounds_;
  std::uint64_t random_;
  bool relay_ = false;
  std::optional<rtmp::Duration> interval_ = std::chrono::milliseconds(40);

  Servers servers_;
  Entries entries_;
  std::uint64_t sequence_ = 0;
  std::size_t present_ = 0, bytes_ = 0;           // entries with a value
  std::map<std::uint64_t, std::string> removed_;  // by sequence
  std::size_t removed_bytes_ = 0;                 // of removed_
  std::set<std::pair<rtmp::TimePoint, std::string>> delayed_;
};

}  // namespace multiconn::client
