#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <multiconn/call.hpp>
#include <multiconn/multi_connection.hpp>

#include "client/peer.hpp"
#include "client/server_group.hpp"
#include "net/scheduler.hpp"

namespace multiconn::client {

/// What a CallDesk tells; on the strand.
class CallDeskEvents {
 public:
  virtual ~CallDeskEvents() = default;
  virtual void connectionStatus(Status status) = 0;
  /// Calls back the application, in a task of its own on the strand.
  virtual void callBack(std::function<void()> callback) = 0;
  /// As callBack(), with something of ours behind it in the same task, also when the callback has thrown.
  virtual void callBackThen(std::function<void()> callback, std::function<void()> then) = 0;
};

/// Calls in both directions: NetConnection.call and its replies, and the methods that servers may call.
class CallDesk {
 public:
  using Replied = std::function<void(const Reply&)>;

  CallDesk(net::Scheduler& scheduler, ServerGroup& servers, const ConnectOptions& options,
           CallDeskEvents& events);

  /// `replied` may be null: then no answer is asked for, and what goes wrong at once is a status.
  void call(const std::string& method, const Replied& replied, std::optional<ServerId> server,
            const std::vector<AmfValue>& arguments);
  /// An empty handler removes it.
  void on(const std::string& name, CallHandler handler);
  bool handles(const std::string& name) const { return handlers_.contains(name); }
  /// Calls what on() has for `call.method`, if anything, and forgets the result.
  void callHandler(Call call);

  void called(Peer& peer, rtmp::client_event::Called& call);
  void answered(Peer& peer, rtmp::client_event::CallAnswered& answer);
  /// What waits for this server's answers gets none.
  void disconnected(Peer& peer);
  /// Lets go of the application's functions; replies that are missing are given up.
  void clear();

 private:
  struct Pending {
    Replied replied;
    net::Timer timeout;
  };
  using Key = std::pair<ServerId, double>;

  std::vector<Peer*> targets(std::optional<ServerId> server) const;
  void callOne(Peer& peer, const std::string& method, const Replied& replied,
               const std::vector<AmfValue>& arguments);
  void timedOut(Key key);
  void refuse(const Replied& replied, std::optional<ServerId> server, const std::string& why);
  void fail(const Replied& replied, ServerId server, Status status);
  void reply(const Replied& replied, Reply answer);

  net::Scheduler& scheduler_;
  ServerGroup& servers_;
  const ConnectOptions& options_;
  CallDeskEvents& events_;
  std::map<Key, Pending> pending_;
  std::map<std::string, CallHandler, std::less<>> handlers_;
};

}  // namespace multiconn::client
