#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <multiconn/application.hpp>

#include "net/scheduler.hpp"
#include "origin/status_report.hpp"

namespace multiconn::origin {

class ApplicationInstance;
struct ServerContext;

/// The applications of a server, by scope: "chat", "chat/room1". An instance starts with its first client and
/// stops some time after its last. Everything on the strand.
class ApplicationDirectory {
 public:
  explicit ApplicationDirectory(ServerContext& context) : context_(context) {}
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
  /// Null: there are too many instances, or the application cannot be made.
  std::unique_ptr<Stay> enter(const std::string& scope);
  std::vector<ApplicationStatus> status() const;
  /// Stops every instance: all clients have left.
  void stop();

 private:
  struct Entry {
    std::shared_ptr<ApplicationInstance> instance;
    std::size_t stays = 0;
    net::Timer idle;
  };
  ApplicationFactory factoryOf(const std::string& scope) const;
  std::shared_ptr<ApplicationInstance> make(const std::string& scope);
  void left(const std::string& scope);
  void stop(const std::string& scope);

  ServerContext& context_;
  std::map<std::string, Entry> entries_;
};

}  // namespace multiconn::origin
