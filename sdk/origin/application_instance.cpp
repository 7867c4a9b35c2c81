#include "origin/application_instance.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "origin/application_impl.hpp"
#include "origin/client_membership.hpp"
#include "origin/client_record.hpp"
#include "origin/object_handle.hpp"
#include "origin/pending_reply.hpp"
#include "origin/server_context.hpp"

namespace multiconn::origin {
namespace {

// Clients can make an application fail as often as they like.
constexpr unsigned failures_per_second = 10;

}  // namespace

ApplicationInstance::ApplicationInstance(ServerContext& context, std::string scope,
                                         std::unique_ptr<Application> application)
    : context_(context),
      scope_(std::move(scope)),
      application_(std::move(application)),
      objects_(context.objects, scope_),
      failures_(failures_per_second) {}

ApplicationInstance::~ApplicationInstance() = default;

void ApplicationInstance::start() {
  application_->impl_->instance = this;
  run("onAppStart", [this] { application_->onAppStart(); });
}

void ApplicationInstance::stop() {
  run("onAppStop", [this] { application_->onAppStop(); });
  application_->impl_->instance = nullptr;
  objects_.finish();
}

ApplicationStatus ApplicationInstance::status() const {
  return {printable(scope_), clients_.size(), objects_.status()};
}

void ApplicationInstance::left(ClientMembership& client) {
  std::erase(clients_, &client);
}

ConnectDecision ApplicationInstance::connects(const Record& client, const ConnectRequest& request) {
  ConnectDecision decision = ConnectDecision::reject("The application failed.");
  run("onConnect", [&] { decision = application_->onConnect(client->handle(), request); });
  return decision;
}

void ApplicationInstance::disconnected(const Record& client) {
  run("onDisconnect", [&] { application_->onDisconnect(client->handle()); });
}

StreamDecision ApplicationInstance::publishes(const Record& client, const StreamRequest& stream) {
  StreamDecision decision = StreamDecision::refuse("The application failed.");
  run("onPublish", [&] { decision = application_->onPublish(client->handle(), stream); });
  return decision;
}

void ApplicationInstance::unpublished(const Record& client, const std::string& stream) {
  run("onUnpublish", [&] { application_->onUnpublish(client->handle(), stream); });
}

StreamDecision ApplicationInstance::plays(const Record& client, const StreamRequest& stream) {
  StreamDecision decision = StreamDecision::refuse("The application failed.");
  run("onPlay", [&] { decision = application_->onPlay(client->handle(), stream); });
  return decision;
}

void ApplicationInstance::playStarted(const Record& client, const std::string& stream) {
  run("onPlayStart", [&] { application_->onPlayStart(client->handle(), stream); });
}

void ApplicationInstance::stopped(const Record& client, const std::string& stream) {
  run("onStop", [&] { application_->onStop(client->handle(), stream); });
}

bool ApplicationInstance::mayRead(const Record& client, const std::string& object) {
  bool may = false;
  run("mayRead", [&] { may = application_->mayRead(client->handle(), object); });
  return may;
}

bool ApplicationInstance::mayWrite(const Record& client, const std::string& object, const std::string& slot) {
  bool may = false;
  run("mayWrite", [&] { may = application_->mayWrite(client->handle(), object, slot); });
  return may;
}

bool ApplicationInstance::hasMethod(const std::string& method) const {
  return application_->impl_->methods.contains(method);
}

void ApplicationInstance::call(const Record& client, const std::string& method,
                               const std::vector<AmfValue>& arguments, std::shared_ptr<PendingReply> reply) {
  const auto found = application_->impl_->methods.find(method);
  if (found == application_->impl_->methods.end()) return reply->fail("There is no such method.");
  // A method may replace itself.
  const auto callee = found->second;
  const auto problem = attempt("method " + printable(method), OriginLogLevel::warning,
                               [&] { callee(client->handle(), arguments, Responder(reply)); });
  if (problem) reply->fail(*problem);
}

std::optional<std::string> ApplicationInstance::attempt(std::string_view what, OriginLogLevel level,
                                                        const std::function<void()>& call) {
  std::string problem;
  try {
    call();
    return {};
  } catch (const std::exception& error) {
    problem = printable(error.what());
  } catch (...) {
    // It says nothing.
  }
  if (const auto left_out = failures_.admit(context_.scheduler.now())) {
    context_.log(level, "application " + printable(scope_) + ": " + std::string(what) +
                            " failed: " + (problem.empty() ? "it threw what says nothing" : problem) +
                            (*left_out == 0 ? "" : " (and " + std::to_string(*left_out) + " before it)"));
  }
  return problem;
}

std::vector<Client> ApplicationInstance::clients() const {
  std::vector<Client> all;
  for (const ClientMembership* client : clients_) all.push_back(client->record()->handle());
  return all;
}

std::vector<StreamInfo> ApplicationInstance::streams() const {
  return context_.streams.list(scope_);
}

void ApplicationInstance::broadcast(const std::string& method, const std::vector<AmfValue>& arguments) {
  for (ClientMembership* client : clients_) client->call(method, arguments, {});
}

HostedObject ApplicationInstance::sharedObject(const std::string& name, bool persistent) {
  const auto object = objects_.open(name, persistent, nullptr);
  if (!object) return {};
  return HostedObject(std::make_shared<ObjectHandle>(context_.door, object));
}

}  // namespace multiconn::origin
