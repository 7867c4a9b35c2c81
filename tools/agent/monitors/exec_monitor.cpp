#include "agent/monitors/exec_monitor.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <utility>

#include "agent/monitors/child_process.hpp"
#include "agent/monitors/json_fields.hpp"

namespace multiconn::agent {
namespace {

constexpr std::array<std::string_view, 8> known{"connections", "capacity", "accepts", "acceptsEstimated",
                                                "inBits",      "outBits",  "cpu",     "healthy"};

std::vector<std::string> unknownIn(const boost::json::object& object) {
  std::vector<std::string> names;
  for (const auto& field : object) {
    const std::string_view name(field.key().data(), field.key().size());
    if (std::find(known.begin(), known.end(), name) == known.end()) names.emplace_back(name);
  }
  return names;
}

std::optional<std::uint32_t> smallCount(const boost::json::object& object, std::string_view name) {
  const auto count = countIn(object, name);
  if (!count) return {};
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(*count, std::numeric_limits<std::uint32_t>::max()));
}

bool flagIn(const boost::json::object& object, std::string_view name, bool otherwise) {
  const boost::json::value* const value = object.if_contains({name.data(), name.size()});
  return value != nullptr && value->is_bool() ? value->get_bool() : otherwise;
}

/// One line that a terminal can show.
std::string firstLine(const std::string& text) {
  std::string line = text.substr(0, std::min<std::size_t>(text.find('\n'), 200));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return static_cast<unsigned char>(c) < 32 || c == 127; }, '?');
  return line;
}

}  // namespace

ExecOutput parseExecOutput(std::string_view json) {
  const boost::json::object output = parseObject(json, "the command");
  const auto connections = smallCount(output, "connections");
  if (!connections) throw std::runtime_error("the command does not tell its \"connections\"");
  AgentLoad load;
  load.connections = *connections;
  load.capacity = smallCount(output, "capacity");
  load.accepts = countIn(output, "accepts");
  load.accepts_estimated = flagIn(output, "acceptsEstimated", false);
  load.in_bits = countIn(output, "inBits").value_or(0);
  load.out_bits = countIn(output, "outBits").value_or(0);
  load.cpu = numberIn(output, "cpu");
  load.healthy = flagIn(output, "healthy", true);
  return {load, unknownIn(output)};
}

AgentLoad ExecMonitor::load() {
  const CommandResult result = runCommand(options_.argv, options_.timeout, interrupt_);
  if (!result.errors.empty() && options_.log)
    options_.log(options_.argv.front() + " says: " + firstLine(result.errors));
  const ExecOutput output = parseExecOutput(result.output);
  if (!output.unknown.empty()) tellUnknown(output.unknown);
  return output.load;
}

void ExecMonitor::tellUnknown(const std::vector<std::string>& fields) {
  if (!options_.log || std::exchange(told_unknown_, true)) return;
  std::string names;
  for (const std::string_view name : known) names += (names.empty() ? "" : ", ") + std::string(name);
  options_.log(options_.argv.front() + " prints a field \"" + firstLine(fields.front()) +
               "\", which is ignored: there are " + names);
}

}  // namespace multiconn::agent
