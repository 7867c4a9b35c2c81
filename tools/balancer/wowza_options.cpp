#include "balancer/wowza_options.hpp"

#include <charconv>
#include <limits>
#include <stdexcept>

namespace multiconn::balancer {
namespace {

template <typename Number>
std::optional<Number> number(const char* name, const std::optional<std::string>& text, Number least,
                             Number most = std::numeric_limits<Number>::max()) {
  if (!text) return {};
  Number value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error != std::errc() || end != text->data() + text->size() || value < least || value > most) {
    throw std::runtime_error(std::string(name) + " is a number from " + std::to_string(least) + " to " +
                             std::to_string(most) + ", not \"" + *text + "\"");
  }
  return value;
}

std::optional<bool> boolean(const char* name, const std::optional<std::string>& text) {
  if (!text) return {};
  if (*text == "true" || *text == "false") return *text == "true";
  throw std::runtime_error(std::string(name) + " is true or false, not \"" + *text + "\"");
}

std::optional<std::string> scheme(const std::optional<std::string>& text) {
  if (text && *text != "rtmp" && *text != "rtmps") {
    throw std::runtime_error("redirectScheme is rtmp or rtmps, not \"" + *text + "\"");
  }
  return text;
}

using Properties = std::vector<tools::WowzaConf::Property>;

// Of this application alone: RtmpOptions adds what holds for all.
std::optional<std::string> last(const Properties& properties, std::string_view name) {
  for (auto property = properties.rbegin(); property != properties.rend(); ++property) {
    if (property->name == name) return property->value;
  }
  return {};
}

// Which of two was meant cannot be known, and with the wrong one no edge would be heard.
std::optional<std::string> onlyKey(const tools::WowzaConf& conf) {
  constexpr std::string_view name = "loadBalancerListenerKey";
  const Properties::value_type* first = nullptr;
  for (const auto& property : conf.server) {
    if (property.name != name) continue;
    if (first == nullptr) first = &property;
    if (property.value != first->value) {
      throw std::runtime_error("loadBalancerListenerKey is one in " + first->file + " and another in " +
                               property.file);
    }
  }
  return first == nullptr ? std::nullopt : std::optional(first->value);
}

RtmpRedirect redirectOf(const Properties& properties) {
  RtmpRedirect redirect;
  redirect.app = last(properties, "redirectAppName");
  redirect.port = number<std::uint16_t>("redirectPort", last(properties, "redirectPort"), 1);
  redirect.scheme = scheme(last(properties, "redirectScheme"));
  redirect.on_connect = boolean("redirectOnConnect", last(properties, "redirectOnConnect"));
  return redirect;
}

}  // namespace

WowzaOptions wowzaOptions(const tools::WowzaConf& conf) {
  WowzaOptions options;
  options.key = onlyKey(conf);
  options.udp_address = conf.find("loadBalancerListenerIpAddress");
  options.udp_port =
      number<std::uint16_t>("loadBalancerListenerPort", conf.find("loadBalancerListenerPort"), 0);
  if (const auto name = conf.find("loadBalancerListenerRedirectorClass")) {
    options.policy = policyOfClass(*name);
  }
  options.message_timeout_ms = number<unsigned>("loadBalancerListenerMessageTimeout",
                                                conf.find("loadBalancerListenerMessageTimeout"), 100, 600000);
  options.server_info = boolean("enableServerInfoXML", conf.find("enableServerInfoXML"));
  for (const auto& [application, properties] : conf.applications) {
    options.applications.emplace(application, redirectOf(properties));
  }
  return options;
}

std::string policyOfClass(const std::string& name) {
  return name.ends_with("LoadBalancerRedirectorConcurrentConnects") ? "concurrent-connects" : name;
}

}  // namespace multiconn::balancer
