#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <multiconn/shared_object.hpp>

#include "client/merged_object.hpp"
#include "client/rate_limit.hpp"
#include "client/shared_function.hpp"
#include "client/shared_object_view.hpp"
#include "client/sync_backlog.hpp"
#include "net/scheduler.hpp"

namespace multiconn {

class ClientCore;

namespace client {

class SharedObjects;

/// One shared object of a MultiConnection: its MergedObject between the servers' connections and the
/// application's functions. On the strand.
class SharedObjectSession final : MergedObjectEvents {
 public:
  using Synced = std::function<void(std::span<const Change>)>;
  using Heard = std::function<void(ServerId, const std::vector<AmfValue>&)>;
  using State = SharedObjectServer::State;

  SharedObjectSession(ClientCore& core, SharedObjects& all, std::shared_ptr<SharedObjectView> view);

  const std::string& name() const { return view_->name(); }
  const std::shared_ptr<SharedObjectView>& view() const { return view_; }

  // The application.
  void set(const std::string& slot, rtmp::SlotValue value, SharedObjectView::Ticket ticket);
  void clear(SharedObjectView::Ticket ticket);
  void send(const std::string& handler, const std::vector<AmfValue>& arguments);
  void relay(bool relay);
  void fps(double fps);
  void flush();
  void onSync(Synced callback);
  void on(const std::string& handler, Heard callback);
  void onStatus(std::function<void(const Status&)> callback);
  /// The MultiConnection has a handler for our "NAME_sync" now.
  void syncHandlerGiven();
  /// Sends what waits, now or never.
  void finish();
  /// Leaves the object on every server.
  void release();

  // Servers.
  void expect(ServerId server);
  void join(ServerId server);
  void exclude(ServerId server);
  void lost(ServerId server);
  /// lost() for good.
  void remove(ServerId server);
  void received(ServerId server, const rtmp::SharedObjectMessage& message);
  /// Whether the server was asked for the object on its present connection.
  bool inUse(ServerId server) const;
  /// Of a server that has shared objects, as far as is known.
  SharedObjectServer row(ServerId server) const;

  /// To onStatus, or to the MultiConnection's.
  void report(Status status);
  void report(const char* code, const char* level, std::string description,
              std::optional<ServerId> server = {});
  void publishRows(std::vector<SharedObjectServer> rows);

 private:
  void transmit(ServerId server, rtmp::SharedObjectMessage message) override;
  void viewChanged(const std::string& slot, const rtmp::SlotValue& value) override;
  void synced(ServerId server, std::vector<Change> changes) override;
  void sent(ServerId server, const std::string& handler, const std::vector<AmfValue>& arguments) override;
  void status(ServerId server, const std::string& code, const std::string& level) override;
  void refused(ServerId server, bool too_large) override;
  void noAnswer(ServerId server) override;
  void notCarried(ServerId server, const std::string& slot) override;

  rtmp::TimePoint now() const;
  void forgetUnheard(ServerId server);
  std::vector<Change> everySlot(ServerId server) const;
  void tellSynced(ServerId server, std::vector<Change> changes);
  void tellBacklogs();
  void reportLeftOut();
  void callSyncHandler(ServerId server, const std::vector<Change>& changes);
  void checkFull();
  void tick();
  void arm();

  ClientCore& core_;
  SharedObjects& all_;
  std::shared_ptr<SharedObjectView> view_;
  MergedObject merged_;
  std::set<ServerId> silent_;  // that did not answer Use
  std::set<ServerId> full_;    // whose connections take no more
  RateLimit statuses_;
  std::map<ServerId, SyncBacklog> backlogs_;
  std::set<ServerId> left_out_;  // that have sent too much, which is to be told
  std::optional<rtmp::TimePoint> left_out_at_;
  Synced on_sync_;
  // Have told something that nobody listened to: by onSync(), and by the handler.
  std::set<ServerId> unheard_, unhandled_;
  std::map<std::string, Heard, std::less<>> heard_;
  std::function<void(const Status&)> on_status_;
  std::optional<rtmp::TimePoint> armed_;
  net::Timer timer_;
};

}  // namespace client
}  // namespace multiconn
