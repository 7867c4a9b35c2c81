#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/application.hpp>
#include <multiconn/origin.hpp>

#include "origin/log_limit.hpp"
#include "origin/shared_object_store.hpp"
#include "origin/status_report.hpp"

namespace multiconn::origin {

class ClientMembership;
class PendingReply;
struct ClientRecord;
struct ServerContext;

/// One Application object at work: its clients and its shared objects, and every call to it. What it throws
/// ends here. Everything on the strand.
class ApplicationInstance {
 public:
  using Record = std::shared_ptr<ClientRecord>;

  ApplicationInstance(ServerContext& context, std::string scope, std::unique_ptr<Application> application);
  ~ApplicationInstance();
  ApplicationInstance(const ApplicationInstance&) = delete;
  ApplicationInstance& operator=(const ApplicationInstance&) = delete;

  void start();
  void stop();

  const std::string& scope() const { return scope_; }
  ServerContext& context() { return context_; }
  SharedObjectStore& objects() { return objects_; }
  ApplicationStatus status() const;

  /// What was accepted, in the order of acceptance.
  void joined(ClientMembership& client) { clients_.push_back(&client); }
  void left(ClientMembership& client);

  // What the application says.
  ConnectDecision connects(const Record& client, const ConnectRequest& request);
  void disconnected(const Record& client);
  StreamDecision publishes(const Record& client, const StreamRequest& stream);
  void unpublished(const Record& client, const std::string& stream);
  StreamDecision plays(const Record& client, const StreamRequest& stream);
  void playStarted(const Record& client, const std::string& stream);
  void stopped(const Record& client, const std::string& stream);
  bool mayRead(const Record& client, const std::string& object);
  bool mayWrite(const Record& client, const std::string& object, const std::string& slot);
  bool hasMethod(const std::string& method) const;
  /// `reply` gets the result, or what was thrown.
  void call(const Record& client, const std::string& method, const std::vector<AmfValue>& arguments,
            std::shared_ptr<PendingReply> reply);
  /// Any code of the application's; what it throws is logged.
  bool run(std::string_view what, const std::function<void()>& call) {
    return !attempt(what, OriginLogLevel::error, call);
  }

  // What the application asks for.
  std::vector<Client> clients() const;
  std::vector<StreamInfo> streams() const;
  void broadcast(const std::string& method, const std::vector<AmfValue>& arguments);
  HostedObject sharedObject(const std::string& name, bool persistent);

 private:
  /// What it threw, which may be without words; nothing: it did not.
  std::optional<std::string> attempt(std::string_view what, OriginLogLevel level,
                                     const std::function<void()>& call);

  ServerContext& context_;
  std::string scope_;
  std::unique_ptr<Application> application_;
  SharedObjectStore objects_;
  std::vector<ClientMembership*> clients_;
  LogLimit failures_;
};

}  // namespace multiconn::origin
