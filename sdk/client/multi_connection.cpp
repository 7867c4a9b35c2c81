#include <multiconn/multi_connection.hpp>

#include "client/client_core.hpp"

namespace multiconn {

MultiConnection::MultiConnection(Runtime& runtime, ConnectOptions options)
    : core_(ClientCore::make(runtime.engine(), std::move(options))) {}

MultiConnection::~MultiConnection() {
  core_->abandon();
}

void MultiConnection::connect(std::vector<Destination> destinations,
                              std::function<void(SetupOutcome)> answer) {
  core_->connect(destinations, std::move(answer));
}

ServerId MultiConnection::add(Destination destination) {
  return core_->add(destination);
}

void MultiConnection::remove(ServerId server) {
  core_->post([server](ClientCore& core) { core.remove(server); });
}

void MultiConnection::onStatus(std::function<void(const Status&)> callback) {
  core_->post([callback = std::move(callback)](ClientCore& core) { core.onStatus(callback); });
}

void MultiConnection::on(std::string name, CallHandler handler) {
  core_->post(
      [name = std::move(name), handler = std::move(handler)](ClientCore& core) { core.on(name, handler); });
}

void MultiConnection::callRemote(std::string method, std::function<void(const Reply&)> replied,
                                 std::optional<ServerId> server, std::vector<AmfValue> arguments) {
  core_->post([method = std::move(method), replied = std::move(replied), server,
               arguments = std::move(arguments)](ClientCore& core) {
    core.calls().call(method, replied, server, arguments);
  });
}

NetStream MultiConnection::setNetStreams() {
  return NetStream(core_);
}

void MultiConnection::nsStatus(std::function<void(const Status&)> callback) {
  setNetStreams().onStatus(std::move(callback));
}

void MultiConnection::attachAudio(std::shared_ptr<AudioSource> source) {
  setNetStreams().attachAudio(std::move(source));
}

void MultiConnection::attachVideo(std::shared_ptr<VideoSource> source) {
  setNetStreams().attachVideo(std::move(source));
}

void MultiConnection::publish(std::string name, PublishMode mode) {
  setNetStreams().publish(std::move(name), mode);
}

std::chrono::milliseconds MultiConnection::nsTime() const {
  return core_->intake().time();
}

void MultiConnection::nsSend(std::string handler, std::vector<AmfValue> arguments) {
  setNetStreams().send(std::move(handler), std::move(arguments));
}

void MultiConnection::nsClose() {
  setNetStreams().close();
}

std::vector<ServerStats> MultiConnection::stats() const {
  return core_->stats();
}

void MultiConnection::ncClose(std::function<void()> closed) {
  core_->shut(std::move(closed));
}

const char* name(ServerState state) {
  switch (state) {
    case ServerState::connecting:
      return "connecting";
    case ServerState::connected:
      return "connected";
    case ServerState::publishing:
      return "publishing";
    case ServerState::reconnecting:
      return "reconnecting";
    case ServerState::closed:
      return "closed";
    case ServerState::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace multiconn
