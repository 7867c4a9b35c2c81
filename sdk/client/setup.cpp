#include "client/setup.hpp"

namespace multiconn::client {

Setup::Setup(const std::vector<std::string>& urls, Require require) : required_(require.of(urls.size())) {
  for (const std::string& url : urls) {
    ServerOutcome outcome;
    outcome.id = static_cast<ServerId>(servers_.size());
    outcome.url = url;
    outcome.elapsed = {};
    servers_.push_back(std::move(outcome));
  }
}

void Setup::located(ServerId server, std::string url) {
  const auto index = static_cast<std::size_t>(server);
  if (index < servers_.size()) servers_[index].url = std::move(url);
}

void Setup::waiting(ServerId server, std::string why) {
  if (ServerOutcome* const outcome = undecided(server)) outcome->error = std::move(why);
}

void Setup::connected(ServerId server, std::chrono::milliseconds elapsed) {
  ServerOutcome* const outcome = undecided(server);
  if (!outcome) return;
  outcome->state = ServerOutcome::State::connected;
  outcome->error.clear();
  outcome->elapsed = elapsed;
  ++connected_;
}

void Setup::failed(ServerId server, std::string error, std::chrono::milliseconds elapsed) {
  ServerOutcome* const outcome = undecided(server);
  if (!outcome) return;
  outcome->state = ServerOutcome::State::failed;
  outcome->error = std::move(error);
  outcome->elapsed = elapsed;
  ++failed_;
}

bool Setup::certain() const {
  return met() || servers_.size() - failed_ < required_ || servers_.empty();
}

SetupOutcome Setup::answer(std::chrono::milliseconds elapsed) const {
  SetupOutcome answer{met(), servers_};
  for (ServerOutcome& outcome : answer.servers) {
    if (outcome.state != ServerOutcome::State::pending) continue;
    if (outcome.error.empty()) outcome.error = "The server has not answered yet.";
    outcome.elapsed = elapsed;
  }
  return answer;
}

std::string Setup::sentence() const {
  if (servers_.empty()) return "There is no destination to connect to.";
  const std::string all = required_ == servers_.size() ? "all " : "";
  return std::to_string(connected_) + " of " + std::to_string(servers_.size()) + " servers answered; " + all +
         std::to_string(required_) + (required_ == 1 ? " was" : " were") + " required.";
}

ServerOutcome* Setup::undecided(ServerId server) {
  const auto index = static_cast<std::size_t>(server);
  if (index >= servers_.size() || servers_[index].state != ServerOutcome::State::pending) return nullptr;
  return &servers_[index];
}

}  // namespace multiconn::client
