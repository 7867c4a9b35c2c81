#include "client/setup.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::client {

Setup::Setup(const std::vector<std::string>& urls, Require require) : require_(require) {
  for (const std::string& url : urls) {
    ServerOutcome outcome;
    outcome.id = static_cast<ServerId>(servers_.size());
    outcome.url = url;
    outcome.elapsed = {};
    servers_.push_back({std::move(outcome)});
  }
}

void Setup::standby(ServerId server) {
  if (Row* const row = find(server)) row->counts = false;
}

void Setup::removed(ServerId server) {
  if (Row* const row = find(server)) row->removed = true;
}

void Setup::located(ServerId server, std::string url) {
  if (Row* const row = find(server)) row->outcome.url = std::move(url);
}

void Setup::waiting(ServerId server, std::string why) {
  ServerOutcome* const outcome = undecided(server);
  if (outcome && !why.empty()) outcome->error = std::move(why);
}

void Setup::connected(ServerId server, std::chrono::milliseconds elapsed) {
  ServerOutcome* const outcome = undecided(server);
  if (!outcome) return;
  outcome->state = ServerOutcome::State::connected;
  outcome->error.clear();
  outcome->elapsed = elapsed;
}

void Setup::failed(ServerId server, std::string error, std::chrono::milliseconds elapsed) {
  ServerOutcome* const outcome = undecided(server);
  if (!outcome) return;
  outcome->state = ServerOutcome::State::failed;
  outcome->error = std::move(error);
  outcome->elapsed = elapsed;
}

bool Setup::certain() const {
  return met() || counted() == 0 || counted() - count(ServerOutcome::State::failed) < required();
}

SetupOutcome Setup::answer(std::chrono::milliseconds elapsed) const {
  SetupOutcome answer{met(), {}};
  for (const Row& row : servers_) {
    if (row.removed) continue;
    ServerOutcome& outcome = answer.servers.emplace_back(row.outcome);
    if (outcome.state != ServerOutcome::State::pending) continue;
    if (outcome.error.empty()) outcome.error = "The server has not answered yet.";
    outcome.elapsed = elapsed;
  }
  return answer;
}

std::string Setup::sentence() const {
  if (counted() == 0) return "There is no destination to connect to.";
  const std::string wanted = required() == counted() ? "all" : std::to_string(required());
  return std::to_string(count(ServerOutcome::State::connected)) + " of " + std::to_string(counted()) +
         " servers answered; " + wanted + (wanted == "1" ? " was" : " were") + " required.";
}

std::size_t Setup::counted() const {
  return static_cast<std::size_t>(std::count_if(servers_.begin(), servers_.end(),
                                                [](const Row& row) { return row.counts && !row.removed; }));
}

std::size_t Setup::count(ServerOutcome::State state) const {
  return static_cast<std::size_t>(std::count_if(servers_.begin(), servers_.end(), [state](const Row& row) {
    return row.counts && !row.removed && row.outcome.state == state;
  }));
}

// Servers that were added are none of its.
Setup::Row* Setup::find(ServerId server) {
  const auto index = static_cast<std::size_t>(server);
  return index < servers_.size() ? &servers_[index] : nullptr;
}

ServerOutcome* Setup::undecided(ServerId server) {
  Row* const row = find(server);
  if (!row || row->outcome.state != ServerOutcome::State::pending) return nullptr;
  return &row->outcome;
}

}  // namespace multiconn::client
