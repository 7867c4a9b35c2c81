#include "publish/failure_arguments.hpp"

#include <stdexcept>

#include <CLI/CLI.hpp>

#include "publish/argument_values.hpp"
#include "publish/destination_list.hpp"

namespace publish {
namespace {

[[noreturn]] void refuse(const std::string& sentence) {
  throw std::invalid_argument(sentence);
}

}  // namespace

void FailureArguments::describe(CLI::App& app) {
  constexpr const char* group = "Servers that are lost";
  const auto add = [&](const char* name, auto& value, const char* type, const char* help) {
    return app.add_option(name, value, help)->type_name(type)->group(group);
  };
  app.add_flag("--no-reconnect", no_reconnect_,
               "Do not try again: a server that is lost, or down, has failed")
      ->group(group);
  add("--reconnect-attempts", attempts_, "N", "Attempts in a row, after which it has failed; else for ever");
  add("--reconnect-give-up", give_up_, "TIME", "From the loss on, after which it has failed; else for ever");
  add("--dead-after", dead_after_, "TIME",
      "A server that is silent for so long counts as lost; default 2500ms; 0: it is never taken for dead");
  add("--standby", standby_, "DEST", "A spare: silent until one of the others is lost. Also several times")
      ->allow_extra_args(false);
  add("--resume", resume_, "ring|live",
      "A server that returns begins with what it has missed (default), or with the next keyframe")
      ->check(CLI::IsMember({"ring", "live"}).description(""));
  add("--resume-live", resume_live_, "DEST", "A destination with --resume live. Also several times")
      ->allow_extra_args(false);
  add("--resume-age", resume_age_, "TIME", "How much of the broadcast is kept for that; default 8s");
  add("--resume-bytes", resume_bytes_, "N[k|M|G]", "And at most so many bytes, 1M to 16G; default 32M");
}

void FailureArguments::apply(multiconn::ConnectOptions& options) const {
  options.reconnect = reconnect();
  if (!dead_after_.empty()) options.dead_after = parseTimeOrZero(dead_after_, "--dead-after");
  if (!resume_age_.empty()) options.resume_age = parseTime(resume_age_, "--resume-age");
  if (!resume_bytes_.empty()) options.resume_bytes = parseBytes(resume_bytes_, "--resume-bytes");
}

multiconn::ReconnectOptions FailureArguments::reconnect() const {
  multiconn::ReconnectOptions options;
  options.enabled = !no_reconnect_;
  if (no_reconnect_ && (attempts_ || !give_up_.empty()))
    refuse("--no-reconnect leaves nothing to --reconnect-attempts and --reconnect-give-up");
  if (attempts_ == 0U) refuse("--reconnect-attempts: a number from 1; for none there is --no-reconnect");
  options.max_attempts = attempts_;
  if (!give_up_.empty()) options.give_up_after = parseTime(give_up_, "--reconnect-give-up");
  return options;
}

std::vector<multiconn::Destination> FailureArguments::primaries(
    const std::vector<std::string>& named, const std::optional<multiconn::Destination>& balanced) const {
  std::vector<multiconn::Destination> all;
  if (!named.empty() || (resume_live_.empty() && !balanced)) all = readDestinations(named);
  const bool every_one_live = resume_ == "live";
  for (auto& destination : all)
    if (every_one_live) destination.resume = multiconn::Resume::live;
  if (!resume_live_.empty()) {
    for (auto& destination : readDestinations(resume_live_, all)) {
      destination.resume = multiconn::Resume::live;
      all.push_back(std::move(destination));
    }
  }
  if (balanced) {
    all.push_back(*balanced);
    if (every_one_live) all.back().resume = multiconn::Resume::live;
  }
  return all;
}

std::vector<multiconn::Destination> FailureArguments::spares(
    const std::vector<multiconn::Destination>& primaries) const {
  if (standby_.empty()) return {};
  auto spares = readDestinations(standby_, primaries);
  for (auto& spare : spares) {
    spare.standby = true;
    if (resume_ == "live") spare.resume = multiconn::Resume::live;
  }
  return spares;
}

}  // namespace publish
