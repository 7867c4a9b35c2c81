#include <cstdlib>
#include <stdexcept>

#include "program/text_file.hpp"
#include "program/wowza_conf.hpp"

namespace multiconn::tools {
namespace {

constexpr std::size_t max_file_bytes = 1024 * 1024;

struct Argument {
  std::string application;
  std::filesystem::path file;
};

// A '=' behind a '/' belongs to the file's name.
Argument parse(const std::string& argument) {
  const std::size_t equals = argument.find('=');
  if (equals != std::string::npos && equals > 0 && argument.find('/') > equals)
    return {argument.substr(0, equals), argument.substr(equals + 1)};
  const std::filesystem::path file = argument;
  const std::filesystem::path folder = std::filesystem::absolute(file).lexically_normal().parent_path();
  const bool of_application =
      file.filename() == "Application.xml" && folder.parent_path().filename() == "conf";
  return {of_application ? folder.filename().string() : std::string(), file};
}

}  // namespace

WowzaConf readWowzaFiles(const std::vector<std::string>& arguments, const std::filesystem::path& app_home) {
  const Expansion expand = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "com.wowza.wms.AppHome") return app_home.string();
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? std::nullopt : std::optional<std::string>(value);
  };
  WowzaConf conf;
  for (const std::string& argument : arguments) {
    const Argument parsed = parse(argument);
    if (parsed.file.empty()) throw std::runtime_error('"' + argument + "\" names no file: it is [APP=]FILE");
    const std::string text = readTextFile(parsed.file, max_file_bytes);
    const auto error = readWowzaConf(text, parsed.file.string(), parsed.application, expand, conf);
    if (error) throw std::runtime_error(*error);
  }
  return conf;
}

}  // namespace multiconn::tools
