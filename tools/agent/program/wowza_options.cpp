#include "agent/program/wowza_options.hpp"

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "agent/monitors/make_monitor.hpp"
#include "program/wowza_conf.hpp"

namespace multiconn::agent {
namespace {

std::string monitorOfClass(const std::string& name) {
  if (name.ends_with("LoadBalancerMonitorDefault")) return "auto";
  const auto& names = monitorNames();
  if (std::find(names.begin(), names.end(), name) != names.end()) return name;
  throw std::runtime_error(
      "loadBalancerSenderMonitorClass \"" + name +
      "\" is not known here: LoadBalancerMonitorDefault is, and every name that --monitor "
      "takes");
}

std::int64_t intervalOf(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 100 || value > 600000)
    throw std::runtime_error("loadBalancerSenderMessageInterval is a number from 100 to 600000, not \"" +
                             text + "\"");
  return value;
}

}  // namespace

WowzaSender wowzaSender(const std::vector<std::string>& files, const std::string& app_home,
                        std::vector<std::string>& warnings) {
  const tools::WowzaConf conf = tools::readWowzaFiles(files, app_home);
  warnings.insert(warnings.end(), conf.warnings.begin(), conf.warnings.end());
  WowzaSender sender;
  sender.targets = conf.find("loadBalancerSenderTargetPath");
  sender.redirect_address = conf.find("loadBalancerSenderRedirectAddress");
  if (const auto name = conf.find("loadBalancerSenderMonitorClass")) sender.monitor = monitorOfClass(*name);
  if (const auto text = conf.find("loadBalancerSenderMessageInterval"))
    sender.interval_ms = intervalOf(*text);
  return sender;
}

}  // namespace multiconn::agent
