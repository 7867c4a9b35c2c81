#include "client/redirect_policy.hpp"

namespace multiconn::client {

namespace {

constexpr unsigned most_hops = 5;
constexpr std::size_t longest_url = 4096;

/// TLS is verified; RTMPE only hides.
int protection(const std::string& scheme) {
  if (scheme == "rtmps" || scheme == "rtmpts") return 2;
  return scheme == "rtmpe" || scheme == "rtmpte" ? 1 : 0;
}

std::optional<std::string> streamIn(const std::string& full_url, const rtmp::Url& server) {
  rtmp::PublishUrlResult parsed = rtmp::parsePublishUrl(full_url);
  if (!parsed.target) return {};
  const rtmp::Url& url = parsed.target->url;
  if (!sameHost(url.host, server.host) || url.port != server.port || url.app != server.app) return {};
  return std::move(parsed.target->stream);
}

}  // namespace

Hop RedirectPolicy::follow(const Target& present, const rtmp::Redirect& redirect) {
  Hop hop = elsewhere(present, redirect.url);
  const auto refuse = [&](const char* why) {
    hop.target.reset();
    hop.refusal = why;
    return hop;
  };
  if (!follow_) {
    hop.final = true;
    return refuse("because redirects are not to be followed");
  }
  if (!hop.target) return hop;
  seen_.insert(placeOf(present.link.url));
  if (hops_ == most_hops) return refuse("because it is the sixth redirect in a row");
  if (!seen_.insert(placeOf(hop.target->link.url)).second)
    return refuse("because the way there has led in a circle");
  ++hops_;
  hop.target->redirected_stream = streamIn(redirect.full_url, hop.target->link.url);
  return hop;
}

RedirectPolicy::Place RedirectPolicy::placeOf(const rtmp::Url& url) {
  return {url.scheme, lowerCase(url.host), url.port, url.app};
}

Hop elsewhere(const Target& present, const std::string& reference) {
  if (reference.size() > longest_url) return {{}, "****", "because its URL is longer than 4096 bytes", false};
  rtmp::UrlResult resolved = rtmp::resolveUrl(present.link.url, reference);
  if (!resolved.url) return {{}, rtmp::maskUrl(reference, false), "because " + resolved.error, false};
  Hop hop{present, {}, {}, false};
  rtmp::Url& url = hop.target->link.url;
  url = std::move(*resolved.url);
  url.user.clear();
  url.password.clear();
  hop.masked_url = url.masked();
  if (protection(url.scheme) < protection(present.link.url.scheme)) {
    hop.target.reset();
    hop.refusal = "because it would give up the connection's encryption";
    hop.final = true;
  }
  return hop;
}

}  // namespace multiconn::client
