#include "options.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <iostream>

namespace multiconn::tools {
namespace {

constexpr std::int64_t longest_wait_ms = 24 * 60 * 60 * 1000, most_connections = 1'000'000;

// CLI11 would print several lines, and exit with statuses of its own.
int explain(const CLI::App& app, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return app.exit(error);
  std::cerr << "multiconn-origin: " << error.what() << " (--help tells what there is)\n";
  return 1;
}

}  // namespace

ParsedArguments parseArguments(int argc, char** argv) {
  OriginArguments arguments;
  OriginOptions& origin = arguments.origin;
  std::string data_dir;
  std::uint16_t http_port = 0;

  CLI::App app{"An RTMP server for development, tests and small events: publish, play, record."};
  app.set_version_flag("--version", std::string("multiconn-origin " MULTICONN_VERSION));
  app.set_config("--config", "", "Options by name, in CLI11's format");
  app.add_option("--port", origin.port, "RTMP port; 0: any free one")->capture_default_str();
  app.add_option("--address", origin.address, "Numeric address to listen on; :: takes IPv4 too")
      ->capture_default_str();
  auto* const http =
      app.add_option("--http-port", http_port, "Status page and /status.json; 0: any free port");
  app.add_option("--http-address", origin.http_address, "Numeric address of the status page")
      ->capture_default_str();
  app.add_option("--app", origin.applications, "Applications to serve; none given: every one")
      ->type_name("NAME");
  app.add_option("--data-dir", data_dir,
                 "Where publishing with record and append writes, as DIR/APP/NAME.flv")
      ->type_name("DIR");
  app.add_option("--play-wait", origin.play_wait,
                 "How long a player waits for a publisher; milliseconds, or 30s")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{{"ms", 1}, {"s", 1000}, {"min", 60000}}))
      ->check(CLI::Range(std::int64_t{0}, longest_wait_ms))
      ->default_str("30s");
  app.add_option("--max-connections", origin.max_connections, "Peers above this are turned away")
      ->check(CLI::Range(std::int64_t{1}, most_connections))
      ->capture_default_str();
  app.add_option("--tls-cert", origin.tls_certificate_file,
                 "PEM file; with --tls-key: rtmps on the RTMP port")
      ->type_name("FILE");
  app.add_option("--tls-key", origin.tls_key_file, "PEM file")->type_name("FILE");
  app.add_flag("--show-names", origin.show_names,
               "Stream names on the status page and in logs; they are keys");
  app.add_option("--log-level", arguments.log_level, "To stderr")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}))
      ->capture_default_str();
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {{}, explain(app, error)};
  }
  origin.data_dir = data_dir;
  if (http->count() != 0) origin.http_port = http_port;
  return {std::move(arguments), 0};
}

}  // namespace multiconn::tools
