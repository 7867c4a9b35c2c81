#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/limits.hpp"
#include "rtmp/shared_object_message.hpp"
#include "rtmp/slot_value.hpp"

namespace multiconn::rtmp {

/// How much a server may make us hold for one object, and how long we wait for it.
struct SharedObjectBounds {
  std::size_t slots = 65536;
  std::size_t bytes = 16 * 1024 * 1024;  ///< names and values, as they lie in memory
  std::size_t name_bytes = 1024;         ///< of one slot
  /// Names of slots that have been removed and are remembered all the same, as they lie in memory.
  std::size_t removed_bytes = 4 * 1024 * 1024;
  std::size_t message_bytes = 64 * 1024;  ///< of values in one message, unless one alone has more
  std::size_t batch_bytes = 1024 * 1024;  ///< of values in the messages of one batch, likewise
  std::size_t value_bytes = 1'000'000;    ///< of one value as sent: a message has 1 MiB at most
  std::size_t waiting_sends = 1024;       ///< that wait behind a batch
  std::size_t waiting_send_bytes = 4 * 1024 * 1024;
  std::chrono::milliseconds join_timeout{3000};
  std::chrono::milliseconds answer_timeout{1000};  ///< at least; servers that are slower get longer
  /// The slots of an object may come behind UseSuccess, in messages of their own. Until this has passed
  /// nothing is written, and what comes is how the object was when it was joined.
  std::chrono::milliseconds settle_time{100};
};

/// What happened to an object at its server, in order.
namespace replica_event {
/// UseSuccess. The slots that came with it follow as SlotChanged.
struct Joined {};
/// Everything the object held when it was joined has come; writes may go.
struct Settled {};
/// Everything at the server has gone; a SlotChanged for each slot follows.
struct Cleared {};
struct SlotChanged {
  enum class Kind : std::uint8_t {
    snapshot,  ///< how it was when the object was joined
    changed,   ///< somebody else's doing
    rejected,  ///< somebody else's doing while a write of ours was waiting or on its way
    accepted,  ///< a write of ours
    presumed,  ///< a write of ours that the server does not answer
    refused,   ///< a write of ours, without anything else having changed
    denied,    ///< a write of ours, by NoWriteAccess
  };
  Kind kind{};
  std::string slot;
  SlotValue before, after;  ///< what the server holds
  SlotValue wrote;          ///< of all but the first two
  std::uint64_t tag = 0;    ///< of that write
};
/// SharedObject.send of any client, this one included.
struct Sent {
  std::string handler;
  std::vector<AmfValue> arguments;
};
struct StatusReceived {
  std::string code, level;
};
/// The object cannot be used at this server: by the status before, or because it is more than we hold.
struct Refused {
  bool too_large = false;
};
/// No UseSuccess so far.
struct NoAnswer {};
}  // namespace replica_event

using ReplicaEvent =
    std::variant<replica_event::Joined, replica_event::Settled, replica_event::Cleared,
                 replica_event::SlotChanged, replica_event::Sent, replica_event::StatusReceived,
                 replica_event::Refused, replica_event::NoAnswer>;

/// What to send, in order, and what happened.
struct ReplicaReaction {
  std::vector<SharedObjectMessage> send;
  std::vector<ReplicaEvent> events;
};

/// A removal has no value.
struct SlotWrite {
  std::string slot;
  SlotValue value;
};

/// One client's replica of one shared object at one server. confirmed() is what the server holds, by the
/// order of its own messages; writes are on top of that and waited for. Takes anything a server may send.
///
/// Writes are collected, the last value of a slot counts, and leave as one batch per interval. The next batch
/// leaves once every slot of the one before has been answered, so that no slot has two writes on their way,
/// and a Success is never in doubt.
class RemoteSharedObject {
 public:
  enum class State : std::uint8_t { idle, joining, settling, joined, refused };
  using Slots = std::map<std::string, AmfValue, std::less<>>;

  RemoteSharedObject(std::string name, bool persistent, SharedObjectBounds bounds = {});

  /// Subscribes. Also for an object in use that the server may have forgotten: crtmpserver drops every object
  /// of a connection when one is released. What was sent then and waits goes out once it is joined again;
  /// what was set is forgotten. Where one Use is on its way, the next follows its answer, so that no answer
  /// is taken for another's. `amf3`: the connection can carry it.
  ReplicaReaction use(bool amf3, TimePoint now);
  /// Unsubscribes, when in use, and forgets everything.
  ReplicaReaction release();
  /// The connection has gone, and with it everything that was waiting.
  void lost();
  /// Ignores the server until it is asked again.
  void giveUp();

  /// Queued for the next batch. False, and nothing done: not joined, or the connection cannot carry it.
  bool set(std::string slot, SlotValue value, std::uint64_t tag, TimePoint now);
  /// Takes a write back that has not been sent.
  void cancel(std::string_view slot);
  /// Sent at the next tick(), behind everything that was set before; so it waits for the batch on its way
  /// only when there is something in between. Also while an object that was in use is being joined again.
  /// False: as for set(), or too many wait already.
  bool send(std::string handler, std::vector<AmfValue> arguments, TimePoint now);
  /// Between two batches; none: only flush() sends.
  void interval(std::optional<Duration> interval) { interval_ = interval; }
  /// Nothing leaves, and no answer is overdue, while the connection is full.
  void hold(bool hold, TimePoint now);
  /// What has been set goes at the next tick(), or when the batch on its way has been answered; of an object
  /// that is being joined, what is set when it has settled.
  void flush();
  /// The last batch: what waits goes at once, whatever is on its way, and what the server says from now on is
  /// not heard. `unsent` goes with it, also to an object that has been asked for and is not joined yet; what
  /// cannot be carried is left out. Then release(), lost() or use().
  ReplicaReaction finish(std::vector<SlotWrite> unsent, TimePoint now);

  ReplicaReaction handle(const SharedObjectMessage& message, TimePoint now);
  ReplicaReaction tick(TimePoint now);
  /// When tick() has something to do.
  std::optional<TimePoint> wakeAt() const;

  State state() const { return state_; }
  bool inUse() const { return state_ != State::idle && state_ != State::refused; }
  std::uint32_t version() const { return version_; }
  const Slots& confirmed() const { return confirmed_; }
  SlotValue confirmed(std::string_view slot) const;
  /// The value of a write that has been sent and not answered; null: there is none.
  const SlotValue* unanswered(std::string_view slot) const;
  /// The value of a write that has not been sent; null: there is none.
  const SlotValue* queued(std::string_view slot) const;

 private:
  using Kind = replica_event::SlotChanged::Kind;
  // The last write of a slot. Kept for a while when it was answered otherwise than by Success, because that
  // may still follow: a server where the last writer wins, and which had somebody else's change in front of
  // ours, sends both. An echo may have been somebody else's write of the same value.
  struct Write {
    SlotValue value;
    std::uint64_t tag = 0;
    TimePoint sent{};
    unsigned tries = 0;
    unsigned successes = 0;  // that may still come: for this one and for those before
    std::size_t bytes = 0;
    bool open = true;           // not answered
    bool acknowledged = false;  // by what looked like it
  };
  using Writes = std::map<std::string, Write, std::less<>>;
  struct Item {
    bool is_send = false;
    std::string name;  // of the slot or the handler
    SlotValue value;
    std::uint64_t tag = 0;
    unsigned tries = 0;
    std::vector<AmfValue> arguments;
    TimePoint queued_at{};
    std::size_t bytes = 0;
  };

  void apply(const SharedObjectEvent& event, TimePoint now, ReplicaReaction& reaction);
  void join(TimePoint now, ReplicaReaction& reaction);
  void askAgain(TimePoint now, ReplicaReaction& reaction);
  void clear(TimePoint now, ReplicaReaction& reaction);
  void change(const std::string& slot, SlotValue after, TimePoint now, ReplicaReaction& reaction);
  void foreignChange(const std::string& slot, SlotValue after, Write* write, ReplicaReaction& reaction);
  void succeed(const std::string& slot, TimePoint now, ReplicaReaction& reaction);
  void accept(const std::string& slot, Write& write, SlotValue after, TimePoint now,
              ReplicaReaction& reaction);
  void status(const SharedObjectEvent& event, ReplicaReaction& reaction);
  void deny(ReplicaReaction& reaction);
  void refuse(bool too_large, ReplicaReaction& reaction);
  bool acknowledges(const Write& write, const SlotValue& after, TimePoint now) const;
  void closeWrite(const std::string& slot, Write& write);
  void forgetOldWrites(TimePoint now);

  bool store(const std::string& slot, const SlotValue& value);
  void dropConfirmed();
  void rememberRemoved(const std::string& slot);
  void forgetRemoved();
  void settle(ReplicaReaction& reaction);
  bool flushing() const;
  void forget();
  std::optional<std::size_t> sizeSent(const std::string& slot, const SlotValue& value) const;
  void enqueue(Item item);
  std::vector<Item> waitingSends();
  void sendEarlyOnes();
  std::optional<TimePoint> batchDue() const;
  void sendBatch(TimePoint now, ReplicaReaction& reaction);
  bool write(const Item& item, TimePoint now, ReplicaReaction& reaction);
  void giveUpWaiting(TimePoint now, ReplicaReaction& reaction);
  SharedObjectMessage message(std::uint32_t version) const;

  std::string name_;
  bool persistent_;
  SharedObjectBounds bounds_;
  std::optional<Duration> interval_ = std::chrono::milliseconds(40);

  State state_ = State::idle;
  bool amf3_ = false;
  TimePoint since_{};  // of joining and settling
  bool no_answer_ = false;
  bool again_ = false;             // joining, and was in use before
  bool use_again_ = false;         // as soon as the Use on its way has been answered
  Slots cleared_;                  // while settling: what had come before the Clear, and not again since
  std::size_t cleared_bytes_ = 0;  // of cleared_
  bool finished_ = false;          // the last batch has gone
  std::uint32_t version_ = 0;
  Slots confirmed_;
  std::size_t bytes_ = 0;                                 // of confirmed_
  std::set<std::string, std::less<>> removed_meanwhile_;  // while settling
  std::size_t removed_bytes_ = 0;                         // of removed_meanwhile_

  std::map<std::uint64_t, Item> queue_;  // by order
  std::map<std::string, std::uint64_t, std::less<>> queued_;
  std::vector<Item> early_sends_;  // of before the object had settled
  std::uint64_t next_order_ = 1;
  std::uint64_t flush_up_to_ = 0;
  bool flush_later_ = false;  // when it has settled
  std::size_t waiting_sends_ = 0, waiting_send_bytes_ = 0;
  bool held_ = false;

  Writes writes_;
  std::size_t outstanding_ = 0;                           // open ones of writes_
  std::deque<std::pair<TimePoint, std::string>> closed_;  // of writes_; when they were sent
  TimePoint answers_due_{};
  Duration answer_time_{};  // as measured
  bool answers_ = false;    // this server does answer writes
};

}  // namespace multiconn::rtmp
