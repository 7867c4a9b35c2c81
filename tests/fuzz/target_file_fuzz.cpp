#include "balance/target_file.hpp"

#include "balance/load_report.hpp"
#include "fuzz/fuzz_input.hpp"

namespace {

using namespace multiconn;
using balance::Target;
using rtmp::fuzz::require;

void requireSound(const Target& target) {
  require(balance::isRedirectHost(target.host) && target.port != 0 && balance::isKey(target.key));
}

std::string written(const std::vector<Target>& targets) {
  std::string text;
  for (const Target& target : targets)
    text += target.host + "," + std::to_string(target.port) + "," + target.key + "\n";
  return text;
}

}  // namespace

// Input: the text of a file of targets. Those that are taken are so again when they are written down.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto file = balance::parseTargets(rtmp::asText(rtmp::fuzz::inputOf(data, size)));
  require(file.targets.size() <= 255 && file.errors.size() <= 20);
  require(!file.targets.empty() || !file.errors.empty());
  for (const auto& error : file.errors) require(error.line > 0 && !error.text.empty());
  for (const Target& target : file.targets) requireSound(target);
  if (file.targets.empty()) return 0;
  const auto again = balance::parseTargets(written(file.targets));
  require(again.errors.empty() && again.targets == file.targets);
  return 0;
}
