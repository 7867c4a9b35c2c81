#include "origin/application_directory.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "origin/application_instance.hpp"
#include "origin/default_application.hpp"
#include "origin/server_context.hpp"

namespace multiconn::origin {
namespace {

// How often an instance that is to stop looks whether its shared objects are saved.
constexpr std::chrono::milliseconds shortest_overtime{50}, longest_overtime{5000};
// An application that goes on writing is never saved altogether; its last save is made as it stops.
constexpr std::chrono::milliseconds enough_overtime{1000};
constexpr unsigned refusals_per_second = 5;

}  // namespace

ApplicationDirectory::ApplicationDirectory(ServerContext& context)
    : context_(context), refusals_(refusals_per_second) {}

ApplicationDirectory::~ApplicationDirectory() = default;

ApplicationDirectory::Stay::Stay(ApplicationDirectory& directory,
                                 std::shared_ptr<ApplicationInstance> instance)
    : directory_(directory), instance_(std::move(instance)) {}

ApplicationDirectory::Stay::~Stay() {
  directory_.left(instance_->scope());
}

std::unique_ptr<ApplicationDirectory::Stay> ApplicationDirectory::enter(const std::string& scope,
                                                                        const std::string& host) {
  auto found = entries_.find(scope);
  if (found == entries_.end()) {
    auto instance = make(scope, host);
    if (!instance) return nullptr;
    found = entries_.emplace(scope, Entry{std::move(instance), host, 0, {}}).first;
    found->second.instance->start();
  }
  Entry& entry = found->second;
  entry.idle.cancel();
  entry.overdue = false;
  entry.overtime = {};
  ++entry.stays;
  return std::make_unique<Stay>(*this, entry.instance);
}

std::vector<ApplicationStatus> ApplicationDirectory::status() const {
  std::vector<ApplicationStatus> all;
  for (const auto& [scope, entry] : entries_) all.push_back(entry.instance->status());
  return all;
}

void ApplicationDirectory::stop() {
  while (!entries_.empty()) stop(entries_.begin()->first);
}

// The most exact name wins; the built-in application has what nobody else has.
ApplicationFactory ApplicationDirectory::factoryOf(const std::string& scope) const {
  const auto& factories = context_.options.application_factories;
  const std::string application = scope.substr(0, scope.find('/'));
  for (const std::string& name : {scope, application}) {
    if (const auto found = factories.find(name); found != factories.end()) return found->second;
  }
  const auto& listed = context_.options.applications;
  const bool is_listed = std::find(listed.begin(), listed.end(), scope) != listed.end() ||
                         std::find(listed.begin(), listed.end(), application) != listed.end();
  if (is_listed || (listed.empty() && factories.empty())) return makeDefaultApplication;
  const auto rest = factories.find("");
  return rest == factories.end() ? ApplicationFactory() : rest->second;
}

std::shared_ptr<ApplicationInstance> ApplicationDirectory::make(const std::string& scope,
                                                                const std::string& host) {
  const OriginQuotas& quotas = context_.options.quotas;
  if (entries_.size() >= quotas.instances) {
    refuse(scope, "there are too many");
  } else if (openedBy(host) >= quotas.address_instances) {
    refuse(scope, "clients of " + host + " have opened too many");
  } else {
    try {
      if (auto application = factoryOf(scope)(scope)) {
        return std::make_shared<ApplicationInstance>(context_, scope, std::move(application));
      }
      refuse(scope, "its factory made nothing");
    } catch (const std::exception& error) {
      refuse(scope, printable(error.what()));
    } catch (...) {
      refuse(scope, "its factory failed");
    }
  }
  return nullptr;
}

std::size_t ApplicationDirectory::openedBy(const std::string& host) const {
  return static_cast<std::size_t>(std::count_if(
      entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.second.opener == host; }));
}

void ApplicationDirectory::refuse(const std::string& scope, const std::string& why) {
  if (!refusals_.admit(context_.scheduler.now())) return;
  context_.log(OriginLogLevel::error, "application " + printable(scope) + " cannot be started: " + why);
}

void ApplicationDirectory::left(const std::string& scope) {
  const auto found = entries_.find(scope);
  if (found == entries_.end() || --found->second.stays > 0) return;
  found->second.idle =
      context_.scheduler.after(context_.options.application_idle, [this, scope] { stopWhenSaved(scope); });
}

// An instance that ended with shared objects unsaved, on a full disk, would lose them.
void ApplicationDirectory::stopWhenSaved(const std::string& scope) {
  const auto found = entries_.find(scope);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  SharedObjectStore& objects = entry.instance->objects();
  if (objects.saved() || (entry.overtime >= enough_overtime && !objects.failing())) return stop(scope);
  objects.hurry();
  if (objects.failing() && !std::exchange(entry.overdue, true)) {
    context_.log(OriginLogLevel::warning,
                 "application " + printable(scope) +
                     " has no clients, and stays until its shared objects can be saved");
  }
  const auto pause = std::clamp(context_.options.application_idle, shortest_overtime, longest_overtime);
  entry.overtime += pause;
  entry.idle = context_.scheduler.after(pause, [this, scope] { stopWhenSaved(scope); });
}

// The timer that asks for it goes with the entry.
void ApplicationDirectory::stop(const std::string& scope) {
  const auto entry = entries_.extract(std::string(scope));
  if (entry.empty()) return;
  context_.log(OriginLogLevel::debug, "application " + printable(entry.key()) + " stops");
  entry.mapped().instance->stop();
}

}  // namespace multiconn::origin
