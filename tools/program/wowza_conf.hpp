#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace multiconn::tools {

/// What one or more Wowza configuration files say: the properties by name, in the scope they belong to.
struct WowzaConf {
  struct Property {
    std::string name, value;  ///< integers and booleans are what they should be: "1934", "true"
    std::string file;
  };
  std::vector<Property> server;  ///< of Server.xml and VHost.xml: listeners, senders, HTTP providers
  /// Of modules, by application; "" for every application.
  std::map<std::string, std::vector<Property>> applications;
  std::vector<std::string> classes;  ///< every <BaseClass> and <Class>
  /// What is not used, by name and file: properties that nobody here knows, and values that are still the
  /// document's placeholder ("[redirect-address]").
  std::vector<std::string> warnings;

  /// The last one of that name; of an application's, else of every application's.
  std::optional<std::string> find(std::string_view name) const;
  std::optional<std::string> find(std::string_view application, std::string_view name) const;
};

/// How names in ${...} are replaced: nothing leaves them, which is an error.
using Expansion = std::function<std::optional<std::string>(const std::string& name)>;

/// Reads what is in `text`: whole documents or fragments with several roots, comments included.
/// `application`: where a module's properties belong. The error is one sentence that names `file` and the
/// line; nothing when all is well.
std::optional<std::string> readWowzaConf(std::string_view text, const std::string& file,
                                         const std::string& application, const Expansion& expand,
                                         WowzaConf& conf);

/// `[APP=]FILE`: without APP a module's properties belong to the folder's name where the file is
/// conf/APP/Application.xml, else to every application. ${...} comes from the environment;
/// ${com.wowza.wms.AppHome} is `app_home`. Throws std::runtime_error with one sentence.
WowzaConf readWowzaFiles(const std::vector<std::string>& arguments, const std::filesystem::path& app_home);

}  // namespace multiconn::tools
