#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include <multiconn/application.hpp>
#include <multiconn/origin.hpp>

#include "net/scheduler.hpp"
#include "origin/creation_ledger.hpp"
#include "origin/log_limit.hpp"
#include "origin/shared_object_batch.hpp"
#include "origin/shared_object_data.hpp"
#include "origin/shared_object_saver.hpp"
#include "rtmp/message.hpp"

namespace multiconn::origin {

class SharedObjectDisk;
struct ClientRecord;

/// What all shared objects of a server have in common.
struct SharedObjectServices {
  net::Scheduler& scheduler;
  SharedObjectDisk& disk;
  OriginQuotas quotas;
  std::chrono::milliseconds save_interval;
  std::function<void(OriginLogLevel, const std::string&)> log;
  std::size_t bytes = 0;  ///< of all objects
  CreationLedger ledger{quotas};
};

/// A client as a shared object sees it.
class SharedObjectSubscriber {
 public:
  virtual ~SharedObjectSubscriber() = default;
  virtual std::uint64_t id() const = 0;
  virtual bool amf3() const = 0;
  virtual void deliver(const rtmp::OutMessage& message) = 0;
  virtual const std::shared_ptr<ClientRecord>& record() const = 0;
  /// Work that was done for it, in the unit of ClientConnection::spend().
  virtual void spend(std::size_t work) = 0;
};

/// One shared object of one application instance, and everybody who is in it. Changes go out a little later,
/// all that came together in one message per client, of which those who wrote nothing share the payload.
/// Everything on the strand.
class SharedObjectHost final : public SharedObjectSaver::Target,
                               public std::enable_shared_from_this<SharedObjectHost> {
 public:
  using Observer = std::function<void(const std::vector<HostedChange>&)>;
  using Id = SharedObjectBatch::Author;
  using HolderId = std::uint64_t;

  /// `idle` is called whenever the object may have become needless(), from inside calls of it.
  SharedObjectHost(SharedObjectServices& services, std::string scope, std::string name, bool persistent,
                   std::function<void()> idle);
  ~SharedObjectHost() override;

  /// Fills it with what was saved; before anybody joins.
  void fill(std::uint32_t version, const AmfObject& slots);
  /// What it holds is not on the disk for certain.
  void markUnsaved();

  const std::string& name() const { return name_; }
  bool persistent() const { return persistent_; }
  const std::shared_ptr<SharedObjectData>& data() const { return data_; }
  std::size_t subscribers() const { return subscribers_.size(); }
  /// Persistent, and there is a disk for it.
  bool savable() const { return saver_ != nullptr; }
  /// Everything is on the disk, or need not be.
  bool saved() const { return !saver_ || saver_->clean(); }
  /// What was tried last to save it has failed.
  bool failing() const { return saver_ && saver_->failing(); }
  /// Saves what is left soon.
  void hurry();
  /// One sentence about the object into the log.
  void report(const std::string& what) const;

  // Clients. Whether the application lets them has been found out before.
  /// UseSuccess, Clear and every slot; also for one that is in it already.
  void join(SharedObjectSubscriber& client);
  void leave(Id client);
  /// False: beyond a quota, or nothing that can be sent on; as after revert().
  bool set(const SharedObjectSubscriber& author, const std::string& slot, AmfValue value);
  void remove(const SharedObjectSubscriber& author, const std::string& slot);
  bool send(std::vector<AmfValue> values);
  /// Tells the author of a refused write what the slot holds.
  void revert(Id author, const std::string& slot);
  void refuse(Id author, std::string_view code);
  /// The end of one client's message: what it changed was one version.
  void commit();

  // The server itself.
  void set(const std::string& slot, AmfValue value);
  void remove(const std::string& slot);
  void clear();
  void sendOwn(std::vector<AmfValue> values);
  void lock(HolderId holder);
  void unlock(HolderId holder);
  void flush(std::function<void(const std::string& error)> done);

  /// A handle of the server has come to hold it; wants to be told what clients change; has gone, and its
  /// locks with it.
  HolderId hold();
  void watch(HolderId holder, Observer observer);
  void release(HolderId holder);

  /// Nobody is in it or holds it, and nothing of it is left to be saved.
  bool needless() const;
  /// Its instance ends: tells clients and saves what is left.
  void finish();

 private:
  struct Subscription {
    SharedObjectSubscriber* client = nullptr;
    std::size_t from = 0;  // what of the batch it has not been told by join()
  };
  struct Holder {
    HolderId id = 0;
    Observer observer;
    unsigned locks = 0;
  };

  bool fits(const std::string& slot, std::size_t bytes) const;
  void store(const std::string& slot, AmfValue value, std::size_t bytes);
  bool erase(const std::string& slot);
  void note(HostedChange::Code code, const SharedObjectSubscriber& author, const std::string& slot);
  std::string label() const;
  void serverChanged();
  void changed(Id author);
  Holder* find(HolderId holder);
  void unlocked();
  void countSubscribers();
  rtmp::SharedObjectMessage message(SharedObjectBatch::Events events) const;
  void schedule();
  void sendScheduled();
  void sendBatch();
  void observe();
  void callOut(const std::function<void()>& call);
  void complain(const std::string& what);

  void save(SharedObjectSaver::Saved saved) override;
  void saveEnded(const std::string& error, bool turned) override;
  void saveDone() override;

  SharedObjectServices& services_;
  std::string scope_, name_;
  bool persistent_;
  std::function<void()> idle_;
  std::shared_ptr<SharedObjectData> data_ = std::make_shared<SharedObjectData>();
  std::vector<Subscription> subscribers_;
  std::vector<Holder> holders_;
  HolderId last_holder_ = 0;
  SharedObjectBatch batch_;
  std::vector<HostedChange> noted_;
  bool changed_ = false;  // since the last version
  unsigned locks_ = 0;    // of all holders
  bool scheduled_ = false;
  net::Timer timer_;
  net::TimePoint last_batch_{};
  /// What a newcomer is told, until something changes.
  std::vector<rtmp::OutMessage> snapshot_, snapshot_amf3_;
  std::shared_ptr<SharedObjectSaver> saver_;  // null: not to be saved
  std::unordered_set<Id> unsaved_;            // who wrote since the last save began
  std::unordered_set<Id> in_save_;            // whose writes the save under way holds
  LogLimit complaints_;
};

}  // namespace multiconn::origin
