#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <multiconn/application.hpp>

#include "net/scheduler.hpp"
#include "origin/log_limit.hpp"
#include "origin/status_report.hpp"

namespace multiconn::origin {

class ApplicationInstance;
struct ServerContext;

/// The applications of a server, by scope: "chat", "chat/room1". An instance starts with its first client and
/// stops some time after its last, once its shared objects are on the disk. Everything on the strand.
class ApplicationDirectory {
 public:
  explicit ApplicationDirectory(ServerContext& context);
  ~ApplicationDirectory();
  ApplicationDirectory(const ApplicationDirectory&) = delete;
  ApplicationDirectory& operator=(const ApplicationDirectory&) = delete;

  /// One client's stay in an instance, which lasts as long as somebody stays.
  class Stay {
   public:
    Stay(ApplicationDirectory& directory, std::shared_ptr<ApplicationInstance> instance);
    ~Stay();
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    ApplicationInstance& operator*() const { return *instance_; }
    ApplicationInstance* operator->() const { return instance_.get(); }
    std::weak_ptr<ApplicationInstance> weak() const { return instance_; }

   private:
    ApplicationDirectory& directory_;
    std::shared_ptr<ApplicationInstance> instance_;
  };

  /// Whether there is an application for this scope.
  bool serves(const std::string& scope) const { return static_cast<bool>(factoryOf(scope)); }
  /// For a client of this host; see peerHost(). Null: there are too many instances, or the application cannot
  /// be made.
  std::unique_ptr<Stay> enter(const std::string& scope, const std::string& host);
  std::vector<ApplicationStatus> status() const;
  /// Stops every instance: all clients have left.
  void stop();

 private:
  struct Entry {
    std::shared_ptr<ApplicationInstance> instance;
    std::string opener;  // the host whose client was the first
    std::size_t stays = 0;
    net::Timer idle;
    std::chrono::milliseconds overtime{};  // behind its time
    bool overdue = false;                  // it would have stopped, had its shared objects been saved
  };
  ApplicationFactory factoryOf(const std::string& scope) const;
  std::shared_ptr<ApplicationInstance> make(const std::string& scope, const std::string& host);
  std::size_t openedBy(const std::string& host) const;
  void refuse(const std::string& scope, const std::string& why);
  void left(const std::string& scope);
  void stopWhenSaved(const std::string& scope);
  void stop(const std::string& scope);

  ServerContext& context_;
  std::map<std::string, Entry> entries_;
  LogLimit refusals_;
};

}  // namespace multiconn::origin
