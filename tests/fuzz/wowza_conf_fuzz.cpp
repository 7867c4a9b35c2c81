#include "program/wowza_conf.hpp"

#include <algorithm>

#include "fuzz/fuzz_input.hpp"

namespace {

using namespace multiconn;
using rtmp::fuzz::require;

bool isOneLine(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

void requireSound(const tools::WowzaConf& conf) {
  for (const auto& property : conf.server) require(conf.find(property.name).has_value());
  for (const auto& [application, properties] : conf.applications) {
    for (const auto& property : properties) require(conf.find(application, property.name).has_value());
  }
  for (const std::string& warning : conf.warnings) require(isOneLine(warning));
  require(conf.warnings.size() <= 100);
  if (const auto shown = conf.find("enableServerInfoXML")) require(*shown == "true" || *shown == "false");
}

}  // namespace

// Input: a configuration file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto expand = [](const std::string& name) -> std::optional<std::string> {
    if (name.empty()) return {};
    return name.substr(1) + "${x}";
  };
  tools::WowzaConf conf;
  const auto error =
      tools::readWowzaConf(rtmp::asText(rtmp::fuzz::inputOf(data, size)), "file", "live", expand, conf);
  if (error) require(isOneLine(*error));
  requireSound(conf);
  return 0;
}
