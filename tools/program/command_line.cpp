#include "program/command_line.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <istream>
#include <iterator>
#include <memory>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

namespace multiconn::tools {
namespace {

/// Its sentence is ours and may be shown; one of CLI11's repeats the line.
struct UnknownLine : CLI::ConfigError {
  using CLI::ConfigError::ConfigError;
};

/// CLI11's own format. An item that is no option ends the reading here, where its line can be found.
class ConfigFile final : public CLI::ConfigBase {
 public:
  explicit ConfigFile(const CLI::App& app) : app_(app) {}
  std::vector<CLI::ConfigItem> from_config(std::istream& input) const override;

 private:
  const CLI::App& app_;
};

struct ConfigLine {
  std::size_t number = 0;  ///< 0: not found
  bool has_value = false;
};

std::string fileOf(const CLI::App& app);
bool isOption(const CLI::App& app, const CLI::ConfigItem& item);
std::string complaint(const std::string& text, const CLI::ConfigItem& item);
ConfigLine lineOf(const std::string& text, const CLI::ConfigItem& item);
std::string unknownOption(const CLI::App& app);
std::string missingCommand(const CLI::App& app);
bool mayBeName(std::string_view text);

constexpr const char* no_option = "this is no option: a line is name = value";
constexpr std::size_t longest_name = 24;

}  // namespace

void addConfigFile(CLI::App& app, const std::string& help) {
  app.allow_config_extras(CLI::config_extras_mode::error);
  app.config_formatter(std::make_shared<ConfigFile>(app));
  app.set_config("--config", "", help)->type_name("FILE");
}

std::string mistakeOf(const CLI::App& app, const CLI::ParseError& error) {
  if (dynamic_cast<const UnknownLine*>(&error) != nullptr) return oneLine(fileOf(app) + error.what());
  if (dynamic_cast<const CLI::ConfigError*>(&error) != nullptr)
    return oneLine(fileOf(app) + ": " + no_option);
  const bool surplus = dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr;
  const bool command_missing = dynamic_cast<const CLI::RequiredError*>(&error) != nullptr &&
                               app.get_require_subcommand_min() > app.get_subcommands().size();
  const std::string option = unknownOption(app);
  if ((surplus || command_missing) && !option.empty()) return "there is no option " + option;
  if (surplus) return "there is an argument that was not expected";
  if (command_missing) return missingCommand(app);
  return oneLine(error.what());
}

std::string oneLine(std::string text) {
  std::replace(text.begin(), text.end(), '\n', ' ');
  return text;
}

namespace {

std::vector<CLI::ConfigItem> ConfigFile::from_config(std::istream& input) const {
  const std::string text(std::istreambuf_iterator<char>(input), {});
  std::istringstream lines(text);
  auto result = ConfigBase::from_config(lines);
  for (const CLI::ConfigItem& item : result) {
    if (!isOption(app_, item)) throw UnknownLine(complaint(text, item));
  }
  return result;
}

std::string fileOf(const CLI::App& app) {
  const CLI::Option* const config = app.get_config_ptr();
  return config == nullptr || config->results().empty() ? "--config" : config->results().back();
}

/// "++" and "--" are the begin and the end of a section, which is a command.
bool isOption(const CLI::App& app, const CLI::ConfigItem& item) {
  const CLI::App* owner = &app;
  for (const std::string& parent : item.parents) {
    const auto found =
        owner->get_subcommands([&](const CLI::App* command) { return command->get_name() == parent; });
    if (found.empty()) return false;
    owner = found.front();
  }
  if (item.name == "++" || item.name == "--") return true;
  const CLI::Option* option = owner->get_option_no_throw("--" + item.name);
  if (option == nullptr) option = owner->get_option_no_throw(item.name);
  return option != nullptr && option->get_configurable();
}

/// What stands before "=" is taken for a name only where a value follows: padding of base64 is none.
std::string complaint(const std::string& text, const CLI::ConfigItem& item) {
  const ConfigLine line = lineOf(text, item);
  const std::string place = line.number == 0 ? ": " : ", line " + std::to_string(line.number) + ": ";
  if (!line.has_value || !item.parents.empty() || !mayBeName(item.name)) return place + no_option;
  return place + '"' + item.name + "\" is none of the options that may stand here";
}

ConfigLine lineOf(const std::string& text, const CLI::ConfigItem& item) {
  std::istringstream lines(text);
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    const std::size_t equals = line.find('=');
    std::string name = line.substr(0, equals != std::string::npos ? equals : line.find('#'));
    CLI::detail::trim(name);
    CLI::detail::remove_quotes(name);
    if (name != item.fullname()) continue;
    const std::size_t value =
        equals == std::string::npos ? equals : line.find_first_not_of(" \t\r", equals + 1);
    return {number, value != std::string::npos && line[value] != '='};
  }
  return {};
}

/// The first on the command line; empty: none.
std::string unknownOption(const CLI::App& app) {
  for (const std::string& argument : app.remaining(true)) {
    const std::string name = argument.substr(0, argument.find('='));
    if (name.starts_with("--") && mayBeName(std::string_view(name).substr(2))) return name;
  }
  return {};
}

std::string missingCommand(const CLI::App& app) {
  std::string names;
  // One without a group is hidden from --help too.
  const auto commands =
      app.get_subcommands([](const CLI::App* command) { return !command->get_group().empty(); });
  for (const CLI::App* command : commands)
    names += (names.empty() ? "" : command == commands.back() ? " or " : ", ") + command->get_name();
  if (app.remaining().empty()) return "a command is missing: " + names;
  return "what stands in the place of a command is none: it is " + names;
}

/// No option has a digit; most keys have.
bool mayBeName(std::string_view text) {
  return !text.empty() && text.size() <= longest_name && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '-' || c == '_';
  });
}

}  // namespace
}  // namespace multiconn::tools
