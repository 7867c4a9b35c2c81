#include "options.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <utility>

#include "program/endpoint.hpp"
#include "program/program.hpp"
#include "publishers_file.hpp"

namespace multiconn::tools {
namespace {

constexpr std::int64_t longest_wait_ms = 24 * 60 * 60 * 1000, most_connections = 1'000'000;

void addDuration(CLI::App& app, const char* name, std::chrono::milliseconds& value, const std::string& help,
                 const char* shown) {
  app.add_option(name, value, help + "; as 500ms, 30s or 2min, or in milliseconds")
      ->transform(
          CLI::AsNumberWithUnit(std::map<std::string, std::int64_t>{{"ms", 1}, {"s", 1000}, {"min", 60000}})
              .description(""))
      ->check(CLI::Range(std::int64_t{0}, longest_wait_ms).description(""))
      ->type_name("TIME")
      ->default_str(shown);
}

void addQuotas(CLI::App& app, OriginQuotas& quotas) {
  const auto count = [&app](const char* name, std::size_t& value, const char* help) {
    app.add_option(name, value, help)
        ->check(CLI::Range(std::int64_t{0}, most_connections).description(""))
        ->type_name("N")
        ->capture_default_str();
  };
  count("--max-instances", quotas.instances, "Applications and instances that live at a time");
  count("--max-address-instances", quotas.address_instances,
        "Of them, those that clients of one address have opened");
  count("--max-objects", quotas.application_objects,
        "Shared objects of one instance, those on the disk included");
  count("--max-client-objects", quotas.client_objects, "Shared objects that one client is in at a time");
  count("--max-new-objects", quotas.client_new_objects,
        "Persistent shared objects that one client has made and that are still there");
  count("--max-address-objects", quotas.address_new_objects,
        "The same of all clients of one address (IPv4 address or IPv6 /64)");
  count("--max-slots", quotas.object_slots, "Slots of one shared object");
  count("--max-calls", quotas.client_calls, "Calls of one client, and to it, that wait for a reply");
  const auto bytes = [&app](const char* name, std::size_t& value, const char* help) {
    app.add_option(name, value, std::string(help) + "; also with kB, MB or GB")
        ->transform(CLI::AsSizeValue(false).description(""))
        ->type_name("BYTES")
        ->capture_default_str();
  };
  bytes("--max-object-size", quotas.object_bytes, "Names and values of one shared object");
  bytes("--max-value-size", quotas.value_bytes, "One value of a shared object");
  bytes("--max-objects-size", quotas.all_object_bytes, "All shared objects together");
}

void readAddresses(const std::vector<std::string>& listen, const std::string& http, OriginOptions& origin) {
  std::vector<OriginAddress> addresses;
  for (const std::string& text : listen) {
    const Endpoint at = parseListener("--listen", text);
    addresses.push_back({at.host.empty() ? "::" : at.host, at.port});
  }
  if (!addresses.empty()) {
    origin.address = addresses.front().address;
    origin.port = addresses.front().port;
    origin.more_addresses.assign(addresses.begin() + 1, addresses.end());
  }
  if (http.empty()) return;
  const Endpoint at = parseListener("--http", http);
  origin.http_port = at.port;
  if (http.starts_with('*')) origin.http_address = "::";
  if (!at.host.empty()) origin.http_address = at.host;
}

class RedirectingApplication final : public Application {
 public:
  explicit RedirectingApplication(std::string url) : url_(std::move(url)) {}

 private:
  ConnectDecision onConnect(const Client&, const ConnectRequest&) override {
    return ConnectDecision::redirect(url_);
  }
  std::string url_;
};

ApplicationFactory redirectingTo(const std::string& url) {
  return [url](const std::string&) { return std::make_unique<RedirectingApplication>(url); };
}

}  // namespace

ParsedArguments parseArguments(int argc, char** argv) {
  OriginArguments arguments;
  OriginOptions& origin = arguments.origin;
  std::string data_dir;
  std::string auth_file;
  std::vector<std::string> listen;
  std::string http;
  AgentLine agent;

  CLI::App app{
      "An RTMP server for development, tests and small events: publish, play, record, shared objects.",
      "multiconn-origin"};
  app.add_option("--listen", listen, "Where clients come; more than once for more addresses (default: 1935)")
      ->type_name("ADDR:PORT");
  app.add_option("--http", http, "Status page and /status.json; without an address: loopback")
      ->type_name("ADDR:PORT");
  app.add_option("--http-name", origin.http_names,
                 "A name by which the status page is asked for, besides localhost")
      ->type_name("NAME");
  app.add_option("--app", origin.applications, "Applications to serve; none given: every one")
      ->type_name("NAME");
  app.add_option("--data-dir", data_dir,
                 "Where publishing with record and append writes, as DIR/APP/NAME.flv, and persistent shared "
                 "objects are kept; for one server at a time")
      ->type_name("DIR");
  app.add_option(
         "--auth-file", auth_file,
         "Lines of user:password; encoders have to log in (authmod adobe), and nobody else may publish")
      ->type_name("FILE");
  addDuration(app, "--play-wait", origin.play_wait, "How long a player waits for a publisher", "30s");
  addDuration(app, "--save-interval", origin.save_interval,
              "A persistent shared object is written this often at most", "500ms");
  addDuration(app, "--app-idle", origin.application_idle,
              "How long an application instance stays after its last client", "10s");
  app.add_option("--max-connections", origin.max_connections, "Peers above this are turned away")
      ->check(CLI::Range(std::int64_t{1}, most_connections).description(""))
      ->type_name("N")
      ->capture_default_str();
  app.add_option(
         "--redirect", arguments.redirect,
         "Applications that are not served here (without --app: all) are sent to this server; and so is "
         "everybody at SIGUSR1, by a reconnect request")
      ->type_name("URL");
  addQuotas(app, origin.quotas);
  addAgentOptions(app, agent);
  app.add_option("--tls-cert", origin.tls_certificate_file,
                 "PEM file; with --tls-key: rtmps where clients come")
      ->type_name("FILE");
  app.add_option("--tls-key", origin.tls_key_file, "PEM file")->type_name("FILE");
  app.add_flag("--show-names", origin.show_names,
               "Stream names on the status page and in logs; they are keys");
  addCommonOptions(app, arguments.log_level);
  app.footer("Example: multiconn-origin --data-dir recordings --http 8080");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return {{}, explain(app, error)};
  }
  readAddresses(listen, http, origin);
  if (!auth_file.empty()) origin.publishers = readPublishers(auth_file);
  if (!arguments.redirect.empty()) origin.application_factories[""] = redirectingTo(arguments.redirect);
  origin.data_dir = data_dir;
  arguments.agent =
      innerAgent(agent, origin, [&](const std::string& sentence) { arguments.warnings.push_back(sentence); });
  return {std::move(arguments), 0};
}

}  // namespace multiconn::tools
