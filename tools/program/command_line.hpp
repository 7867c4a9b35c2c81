#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace multiconn::tools {

/// --config FILE: options by name, in CLI11's format; a line that is none is an error. Shown with `help`.
void addConfigFile(CLI::App& app, const std::string& help);

/// What is wrong with a command line or its --config file, in one line. What stands where no option was
/// expected is not repeated but for an option's name: a file of keys may have been given for one of options.
std::string mistakeOf(const CLI::App& app, const CLI::ParseError& error);

/// With blanks for line breaks.
std::string oneLine(std::string text);

}  // namespace multiconn::tools
