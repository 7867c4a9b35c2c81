#include "ctl/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <stdexcept>

#include "program/program.hpp"
#include "program/secret_files.hpp"

namespace multiconn::ctl {
namespace {

/// Of the file, else of the environment; never of the command line, which every user of the machine sees.
std::string readToken(const std::string& file, std::vector<std::string>& warnings) {
  const auto warn = [&](const std::string& sentence) { warnings.push_back(sentence); };
  if (!file.empty()) return tools::readToken(file, warn);
  const char* const text = std::getenv("MULTICONN_TOKEN");
  return text != nullptr ? text : "";
}

CLI::App* addCommand(CLI::App& app, Arguments& arguments, Command command, const char* name,
                     const char* help) {
  CLI::App* const added = app.add_subcommand(name, help);
  added->callback([&arguments, command] { arguments.command = command; });
  // So that --admin may stand behind the command as well.
  added->fallthrough();
  return added;
}

void addCommands(CLI::App& app, Arguments& arguments) {
  addCommand(app, arguments, Command::servers, "servers", "List the edge servers");
  for (const bool paused : {true, false}) {
    addCommand(app, arguments, paused ? Command::pause : Command::unpause, paused ? "pause" : "unpause",
               paused ? "Send no new clients to a server; those it has stay" : "Send clients there again")
        ->add_option(
            "id", arguments.id,
            "At a balancer: the server's ID, its beginning, or its redirect address. At an agent: none")
        ->type_name("ID");
  }
  addCommand(app, arguments, Command::watch, "watch", "List them each second, until Ctrl-C");
  addCommand(app, arguments, Command::keygen, "keygen", "Print a random key for balancer and agents");
  app.require_subcommand(1);
}

}  // namespace

ParsedArguments parseArguments(int argc, const char* const* argv) {
  Arguments arguments;
  std::string admin, token_file;
  CLI::App app{"Looks after balancers and agents by their admin listeners.", "multiconn-ctl"};
  app.add_option("--admin", admin, "Needed by all but keygen. The admin listener of a balancer or an agent")
      ->type_name("http://HOST:PORT");
  app.add_option("--token-file", token_file, "Its token; without a file it is taken from MULTICONN_TOKEN")
      ->type_name("FILE");
  addCommands(app, arguments);
  tools::addCommonOptions(app, arguments.log_level);
  app.footer(
      "Example: multiconn-ctl --admin http://127.0.0.1:8936 --token-file admin.token pause "
      "edge1.example.net");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {{}, tools::explain(app, error)};
  }
  if (arguments.command == Command::keygen) return {std::move(arguments), 0};
  if (admin.empty())
    throw std::runtime_error("--admin is missing: http://HOST:PORT of a balancer or an agent");
  try {
    arguments.admin = tools::parseHttpUrl(admin);
  } catch (const std::invalid_argument& error) {
    throw std::runtime_error(std::string("--admin: ") + error.what());
  }
  arguments.token = readToken(token_file, arguments.warnings);
  return {std::move(arguments), 0};
}

}  // namespace multiconn::ctl
