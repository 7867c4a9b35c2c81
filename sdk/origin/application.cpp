// What an application sees of itself and of the calls it answers.
#include <multiconn/application.hpp>

#include <stdexcept>
#include <utility>

#include "origin/application_impl.hpp"
#include "origin/application_instance.hpp"
#include "origin/pending_reply.hpp"
#include "rtmp/shared_object_message.hpp"

namespace multiconn {
namespace {

const std::string no_scope;

void checkMethodName(const std::string& name) {
  if (name.empty() || rtmp::isReservedName(name)) {
    throw std::invalid_argument("a method cannot be called \"" + name + "\": RTMP uses that name itself");
  }
}

}  // namespace

Application::Application() : impl_(std::make_unique<Impl>()) {}
Application::~Application() = default;

ConnectDecision Application::onConnect(const Client&, const ConnectRequest&) {
  return ConnectDecision::accept();
}
void Application::onDisconnect(const Client&) {}
StreamDecision Application::onPublish(const Client&, const StreamRequest&) {
  return StreamDecision::accept();
}
void Application::onUnpublish(const Client&, const std::string&) {}
StreamDecision Application::onPlay(const Client&, const StreamRequest&) {
  return StreamDecision::accept();
}
void Application::onPlayStart(const Client&, const std::string&) {}
void Application::onStop(const Client&, const std::string&) {}
bool Application::mayRead(const Client&, const std::string&) {
  return true;
}
bool Application::mayWrite(const Client&, const std::string&, const std::string&) {
  return true;
}

void Application::method(std::string name, Method method) {
  deferredMethod(std::move(name),
                 [method = std::move(method)](const Client& client, const Arguments& arguments,
                                              const Responder& responder) {
                   responder.result(method(client, arguments));
                 });
}

void Application::deferredMethod(std::string name, DeferredMethod method) {
  checkMethodName(name);
  impl_->methods[std::move(name)] = std::move(method);
}

const std::string& Application::scope() const {
  return impl_->instance ? impl_->instance->scope() : no_scope;
}

std::vector<Client> Application::clients() const {
  return impl_->instance ? impl_->instance->clients() : std::vector<Client>();
}

std::vector<StreamInfo> Application::streams() const {
  return impl_->instance ? impl_->instance->streams() : std::vector<StreamInfo>();
}

void Application::broadcast(const std::string& method, const Arguments& arguments) {
  if (impl_->instance) impl_->instance->broadcast(method, arguments);
}

HostedObject Application::sharedObject(const std::string& name, bool persistent) {
  return impl_->instance ? impl_->instance->sharedObject(name, persistent) : HostedObject();
}

void Responder::result(AmfValue value) const {
  if (reply_) reply_->result(std::move(value));
}

void Responder::fail(std::string description) const {
  if (reply_) reply_->fail(std::move(description));
}

}  // namespace multiconn
