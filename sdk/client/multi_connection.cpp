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
  core_->post([destinations = std::move(destinations), answer = std::move(answer),
               now = core_->now()](ClientCore& core) { core.connect(destinations, answer, now); });
}

void MultiConnection::onStatus(std::function<void(const Status&)> callback) {
  core_->post([callback = std::move(callback)](ClientCore& core) { core.onStatus(callback); });
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

void MultiConnection::nsClose() {
  setNetStreams().close();
}

std::vector<ServerStats> MultiConnection::stats() const {
  return core_->stats();
}

void MultiConnection::ncClose(std::function<void()> closed) {
  core_->intake().shut();
  core_->post([closed = std::move(closed)](ClientCore& core) { core.close(closed); });
}

const char* name(ServerState state) {
  switch (state) {
    case ServerState::connecting:
      return "connecting";
    case ServerState::connected:
      return "connected";
    case ServerState::publishing:
      return "publishing";
    case ServerState::closed:
      return "closed";
    case ServerState::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace multiconn
