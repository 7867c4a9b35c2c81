#include "publish/balancer_arguments.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <stdexcept>
#include <string_view>

#include <CLI/CLI.hpp>

namespace publish {
namespace {

constexpr std::size_t most_servers = 16;

[[noreturn]] void refuse(const std::string& sentence) {
  throw std::invalid_argument(sentence);
}

bool isWebUrl(std::string_view url) {
  return url.starts_with("http://") || url.starts_with("https://");
}

/// The first line of a file, for what is not to be in the process list.
std::string readKey(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) {
    refuse("--stream: cannot read " + path + (errno != 0 ? std::string(": ") + std::strerror(errno) : ""));
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

void BalancerArguments::describe(CLI::App& app) {
  const auto option = [&app](const std::string& name, auto& value, const std::string& help) {
    return app.add_option(name, value, help)->group("A load balancer that names the servers");
  };
  option("--balancer", balancers_,
         "Ask it where to publish; further ones are asked when it has no good answer. Beside DEST, or alone")
      ->delimiter(',')
      ->allow_extra_args(false)  // else it would swallow what follows
      ->type_name("URL[,URL...]");
  option("--count", count_, "How many different servers")->type_name("N")->default_str("1");
  option("--app", app_, "The application at these servers")->type_name("APP[/INSTANCE]");
  option("--stream", stream_, "The stream key at these servers, or @FILE to read it from")
      ->type_name("STREAM");
  option("--scheme", scheme_, "What these servers have to speak; default: what the balancer says, or rtmp")
      ->check(CLI::IsMember({"rtmp", "rtmps", "rtmpt", "rtmpe", "rtmpte"}).description(""))
      ->type_name("rtmp|rtmps|...");
}

std::optional<multiconn::Destination> BalancerArguments::destination() const {
  if (balancers_.empty()) {
    if (count_ || !app_.empty() || !stream_.empty() || !scheme_.empty())
      refuse("--count, --app, --stream and --scheme are for the servers of a --balancer, and none is named");
    return {};
  }
  if (!std::all_of(balancers_.begin(), balancers_.end(), isWebUrl))
    refuse("--balancer: http:// or https://, as http://HOST:1935/loadbalancer");
  if (app_.empty()) refuse("--balancer: name the application at its servers with --app");
  if (stream_.empty()) refuse("--balancer: name the stream at its servers with --stream");
  const std::size_t count = count_.value_or(1);
  if (count < 1 || count > most_servers) refuse("--count: a number of servers from 1 to 16");
  multiconn::Destination destination;
  destination.url = balancers_.front();
  destination.stream = stream_.starts_with('@') ? readKey(stream_.substr(1)) : stream_;
  destination.servers = {app_, count, scheme_, {balancers_.begin() + 1, balancers_.end()}};
  return destination;
}

}  // namespace publish
