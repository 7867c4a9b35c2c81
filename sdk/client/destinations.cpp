#include "client/destinations.hpp"

#include <set>
#include <stdexcept>
#include <tuple>

#include "client/balancer_lookup.hpp"
#include "client/sentence.hpp"

namespace multiconn {

namespace {

/// What samePlace() compares.
using Place = std::tuple<std::string, std::string, std::uint16_t, std::string, std::string>;

Place placeOf(const rtmp::Url& url, const std::optional<std::string>& stream, std::string_view name) {
  return {url.scheme, client::lowerCase(url.host), url.port, url.app, stream.value_or(std::string(name))};
}

Place placeOf(const client::Target& target, std::string_view name) {
  return placeOf(target.link.url, target.stream, name);
}

}  // namespace

Destination Destination::fromPublishUrl(std::string_view url) {
  rtmp::PublishUrlResult parsed = rtmp::parsePublishUrl(url);
  if (!parsed.target) throw std::invalid_argument(parsed.error);
  // The text before the stream, and not the parsed parts put together again: credentials stay as they were
  // written.
  Destination destination;
  destination.stream = std::move(parsed.target->stream);
  destination.url = std::string(url.substr(0, url.size() - destination.stream->size() - 1));
  return destination;
}

bool samePlace(const Destination& one, const Destination& other, std::string_view name) {
  const rtmp::UrlResult left = rtmp::parseUrl(one.url), right = rtmp::parseUrl(other.url);
  return left.url && right.url &&
         placeOf(*left.url, one.stream, name) == placeOf(*right.url, other.stream, name);
}

std::string maskedUrl(std::string_view url, bool has_stream) {
  return rtmp::maskUrl(url, has_stream);
}

namespace client {

namespace {

std::optional<Credentials> credentialsOf(const Destination& destination, const rtmp::Url& url) {
  if (destination.credentials) return destination.credentials;
  if (url.user.empty()) return {};
  return Credentials{url.user, url.password};
}

bool isBalancer(const Destination& destination) {
  const std::string scheme = lowerCase(std::string_view(destination.url).substr(0, 8));
  return scheme.starts_with("http://") || scheme == "https://";
}

void checkStream(Target& target) {
  if (target.error.empty() && target.stream && target.stream->empty())
    target.error = "The stream name is empty: give the stream key of this server.";
}

/// Everything but the host, which only a balancer can tell.
Target checkBalancer(const Destination& destination, const TlsOptions& default_tls) {
  const BalancedServers& servers = destination.servers;
  Target target;
  BalancerQuestion question{{destination.url}, servers.count, servers.scheme};
  question.balancers.insert(question.balancers.end(), servers.more_balancers.begin(),
                            servers.more_balancers.end());
  question.tls = target.link.tls = destination.tls.value_or(default_tls);
  target.masked_url = rtmp::maskUrl(destination.url, false);
  target.link.engine = destination.engine;
  target.stream = destination.stream;
  target.standby = destination.standby;
  target.resume = destination.resume;
  target.credentials = destination.credentials;
  target.error = problemOf(question);
  for (const std::string& url : question.balancers)
    if (target.error.empty()) target.error = sentence(parseBalancerUrl(url).error);
  const std::string scheme = servers.scheme.empty() ? "rtmp" : servers.scheme;
  rtmp::UrlResult parsed = rtmp::parseUrl(scheme + "://host/" + servers.app);
  if (target.error.empty() && servers.app.empty())
    target.error = "This is a balancer's URL: name the application at its servers, too.";
  if (target.error.empty() && !parsed.url) target.error = "The application's name cannot be part of a URL.";
  if (parsed.url) target.link.url = std::move(*parsed.url);
  target.link.url.host.clear();
  target.question = std::make_shared<const BalancerQuestion>(std::move(question));
  checkStream(target);
  return target;
}

Target check(const Destination& destination, const TlsOptions& default_tls) {
  Target target;
  rtmp::UrlResult parsed = rtmp::parseUrl(destination.url);
  if (parsed.url) {
    target.masked_url = parsed.url->masked();
    target.link.url = std::move(*parsed.url);
    target.login_host = target.link.url.host;
    target.credentials = credentialsOf(destination, target.link.url);
  } else {
    target.masked_url = rtmp::maskUrl(destination.url, false);
    target.error = sentence(std::move(parsed.error));
  }
  target.link.tls = destination.tls.value_or(default_tls);
  target.link.engine = destination.engine;
  target.stream = destination.stream;
  target.standby = destination.standby;
  target.resume = destination.resume;
  checkStream(target);
  return target;
}

}  // namespace

std::vector<Target> checkDestinations(const std::vector<Destination>& destinations,
                                      const TlsOptions& default_tls) {
  std::vector<Target> targets;
  for (const Destination& destination : destinations) {
    if (isBalancer(destination)) {
      const Target target = checkBalancer(destination, default_tls);
      targets.insert(targets.end(), target.error.empty() ? destination.servers.count : 1, target);
    } else {
      targets.push_back(check(destination, default_tls));
    }
  }
  refuseRepeats(targets, {});
  return targets;
}

Target foundTarget(const Target& asked, const FoundServer& server) {
  Target target = asked;
  rtmp::Url& url = target.link.url;
  url.scheme = server.scheme;
  url.host = server.host;
  url.port = server.port;
  target.login_host = server.host;
  target.masked_url = url.masked();
  return target;
}

bool samePlace(const Target& one, const Target& other, std::string_view name) {
  return placeOf(one, name) == placeOf(other, name);
}

void refuseRepeats(std::vector<Target>& targets, std::string_view name) {
  std::set<Place> seen;
  for (Target& target : targets) {
    const bool repeats =
        target.error.empty() && !target.unknown() && !seen.insert(placeOf(target, name)).second;
    if (repeats) target.error = "The same destination is in the list twice.";
  }
}

bool sameHost(std::string_view one, std::string_view other) {
  return lowerCase(one) == lowerCase(other);
}

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

}  // namespace client
}  // namespace multiconn
