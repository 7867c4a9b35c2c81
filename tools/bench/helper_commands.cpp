#include "commands.hpp"

#include "bare_loop.hpp"
#include "delay_proxy.hpp"
#include "librtmp_loop.hpp"
#include "publisher.hpp"
#include "saboteurs.hpp"
#include "shared_object.hpp"
#include "sink.hpp"
#include "watch_sink.hpp"

namespace multiconn::bench {

void addHelpers(CLI::App& app, Action& action) {
  struct Options {
    std::string file, certificate_file, key_file, ca_file;
    std::uint16_t port = 0;
    std::size_t count = 1, repeat = 1;
    int delay_ms = 50;
    std::uint32_t chunk_size = 128;
    bool paced = false, fast = false, stall = false;
  };
  auto options = std::make_shared<Options>();

  CLI::App* sink = app.add_subcommand("sink")->group("");
  sink->add_option("--record", options->file);
  sink->add_option("--certificate", options->certificate_file);
  sink->add_option("--key", options->key_file);
  sink->callback([=, &action] {
    action = [options] { return runSink(options->file, options->certificate_file, options->key_file); };
  });

  const auto addSender = [&](const char* name, std::function<int(const Options&)> run) {
    CLI::App* sender = app.add_subcommand(name)->group("");
    sender->add_option("FILE", options->file)->required();
    sender->add_option("--port", options->port)->required();
    sender->add_option("--count", options->count);
    sender->add_option("--repeat", options->repeat);
    sender->add_option("--chunk-size", options->chunk_size);
    sender->add_option("--ca-file", options->ca_file);
    sender->add_flag("--paced", options->paced);
    sender->add_flag("--fast", options->fast);
    sender->callback([=, &action] { action = [=] { return run(*options); }; });
  };
  addSender("publisher", [](const Options& o) {
    return runPublisher(o.file, o.port, o.count, o.repeat, o.paced, o.ca_file);
  });
  addSender("bare-loop",
            [](const Options& o) { return runBareLoop(o.file, o.port, o.count, o.paced, o.ca_file); });

  addSender("librtmp-loop", [](const Options& o) {
    return runLibrtmpLoop({o.file, o.port, o.count, o.repeat, o.paced, o.chunk_size});
  });

  CLI::App* watch = app.add_subcommand("watch-sink")->group("");
  watch->add_flag("--stall", options->stall);
  watch->callback([=, &action] { action = [options] { return runWatchSink(options->stall); }; });
  app.add_subcommand("saboteurs")->group("")->callback([&action] { action = runSaboteurs; });
  app.add_subcommand("object-server")->group("")->callback([&action] { action = runObjectServer; });

  CLI::App* proxy = app.add_subcommand("delay-proxy")->group("");
  proxy->add_option("PORT", options->port)->required();
  proxy->add_option("--delay-ms", options->delay_ms);
  proxy->callback([=, &action] {
    action = [options] { return runDelayProxy(options->port, std::chrono::milliseconds(options->delay_ms)); };
  });
}

}  // namespace multiconn::bench
