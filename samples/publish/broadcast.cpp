#include "publish/broadcast.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace publish {
namespace {

using namespace std::chrono_literals;

constexpr auto tick = 1s;
/// Beyond ConnectOptions::setup_timeout and stall_timeout, in which finish() has answered.
constexpr auto finish_margin = 5s;
/// ncClose() promises 250 ms.
constexpr auto close_limit = 1s;

/// It is not on air now, or never was. finish() has left those connected that were.
bool isLost(const multiconn::ServerStats& server) {
  using multiconn::ServerState;
  const bool stands = server.state == ServerState::publishing || server.state == ServerState::connected;
  return !stands || !server.publish_time || !server.error.empty();
}

/// "12 frames did not arrive (10 inter, 2 audio)."
std::string lossOf(const multiconn::ServerStats& server) {
  const std::uint64_t missed = server.frames_dropped;
  if (missed == 0) return "It was not on air at the end.";
  std::string kinds;
  const auto add = [&kinds](std::uint64_t count, const char* kind) {
    if (count > 0) kinds += (kinds.empty() ? "" : ", ") + std::to_string(count) + ' ' + kind;
  };
  add(server.dropped.disposable, "disposable");
  add(server.dropped.inter, "inter");
  add(server.dropped.key, "key");
  add(server.dropped.audio, "audio");
  return std::to_string(missed) + " frames did not arrive" + (kinds.empty() ? "." : " (" + kinds + ").");
}

spdlog::level::level_enum logLevel(const multiconn::Status& status) {
  if (status.level == "error") return spdlog::level::err;
  return status.level == "warning" ? spdlog::level::warn : spdlog::level::info;
}

}  // namespace

Broadcast::Broadcast(const Options& options, Tracks tracks, Inbox& inbox, Reporter& reporter)
    : options_(options),
      reporter_(reporter),
      inbox_(inbox),
      tracks_(std::move(tracks)),
      connection_(runtime_, options.connect),
      stream_(connection_.setNetStreams()) {}

int Broadcast::run() {
  listen();
  start();
  for (auto next = Clock::now() + tick; !closed_; next += tick) {
    inbox_.runUntil(std::min(next, give_up_), [this] { return closed_; });
    if (!closed_) onTick();
  }
  return verdict();
}

void Broadcast::listen() {
  inbox_.onInterrupt([this] { onInterrupt(); });
  const auto report = [this](const multiconn::Status& status) {
    inbox_.post([this, status] { onStatus(status); });
  };
  connection_.onStatus(report);
  stream_.onStatus(report);
}

/// Everything is asked for before connect(), so that each server is sent it in one go.
void Broadcast::start() {
  stream_.attachAudio(std::move(tracks_.audio));
  stream_.attachVideo(std::move(tracks_.video));
  stream_.publish(options_.destinations.front().stream.value_or(""));
  connection_.connect(options_.destinations, [this](const multiconn::SetupOutcome& outcome) {
    inbox_.post([this, outcome] { onSetup(outcome); });
  });
}

void Broadcast::onStatus(const multiconn::Status& status) {
  const auto level = logLevel(status);
  if (spdlog::should_log(level)) reporter_.makeRoom();
  spdlog::log(level, "{}{}{}{}{}", status.url, status.url.empty() ? "" : ": ", status.code,
              status.description.empty() ? "" : ": ", status.description);
  reporter_.status(status);
  if (status.code == "NetStream.Source.Complete") onSourceComplete();
  if (status.code == "NetStream.Source.Failed") source_error_ = status.description;
  if (status.code == "NetStream.Publish.AllLost") {
    all_lost_ = true;
    endWhenComplete();
  }
}

void Broadcast::onSetup(const multiconn::SetupOutcome& outcome) {
  setup_ = outcome;
  outcome.success ? endWhenComplete() : end();
}

void Broadcast::onSourceComplete() {
  if (ending_) return;
  give_up_ = Clock::now() + options_.connect.stall_timeout + options_.connect.setup_timeout + finish_margin;
  stream_.finish([this] {
    inbox_.post([this] {
      delivered_ = true;
      endWhenComplete();
    });
  });
}

void Broadcast::onInterrupt() {
  interrupted_ = true;
  end();
}

void Broadcast::onTick() {
  if (!ending_) reporter_.stats(connection_.stats());
  if (Clock::now() < give_up_) return;
  closed_ = ending_;
  end();
}

/// The exit code tells of setup, too: a short file may be through before the last server has answered.
void Broadcast::endWhenComplete() {
  if ((delivered_ || all_lost_) && setup_) end();
}

void Broadcast::end() {
  if (std::exchange(ending_, true)) return;
  before_close_ = connection_.stats();
  give_up_ = Clock::now() + close_limit;
  connection_.ncClose([this] { inbox_.post([this] { closed_ = true; }); });
}

int Broadcast::verdict() {
  reporter_.summary(connection_.stats());
  if (!setup_ || !setup_->success) {
    if (interrupted_) complain("interrupted before setup was complete");
    if (!setup_) return ExitCode::setup_failed;
    for (const auto& server : setup_->servers) {
      if (server.state == multiconn::ServerOutcome::State::connected || isSpare(server.id)) continue;
      complain("setup failed: " + server.url + ": " +
               (server.error.empty() ? "no answer in time" : server.error));
    }
    return ExitCode::setup_failed;
  }
  const int lost = reportLosses();
  if (source_error_.empty()) return lost;
  complain("the input ended early: " + source_error_);
  return ExitCode::bad_usage;
}

int Broadcast::reportLosses() {
  int code = ExitCode::ok;
  for (const auto& server : before_close_) {
    if (isSpare(server.id)) continue;
    if (!isLost(server) && server.frames_dropped == 0) continue;
    complain(server.url + ": " + server.error + (server.error.empty() ? "" : " ") + lossOf(server));
    code = ExitCode::frames_lost;
  }
  return code;
}

/// It is not one that the broadcast was to reach, whatever it did for the others.
bool Broadcast::isSpare(multiconn::ServerId server) const {
  return static_cast<std::size_t>(server) >= options_.primaries;
}

void Broadcast::complain(const std::string& sentence) {
  reporter_.makeRoom();
  std::cerr << "multiconn-publish: " << sentence << std::endl;
}

}  // namespace publish
