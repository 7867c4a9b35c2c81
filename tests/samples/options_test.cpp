#include "publish/options.hpp"

#include <gmock/gmock.h>

#include "samples/parsed_options.hpp"
#include "support/temporary_folder.hpp"

namespace publish {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

TEST(Options, DefaultsAreTheDocumentedOnes) {
  const auto options = parsed({"film.mp4", "rtmp://one/live/key"});
  EXPECT_EQ(options.input, "film.mp4");
  EXPECT_TRUE(options.source.realtime);
  EXPECT_FALSE(options.source.loop);
  EXPECT_FALSE(options.source.duration);
  EXPECT_EQ(options.connect.setup_timeout, 3s);
  EXPECT_EQ(options.connect.require.of(5), 5U);
  EXPECT_FALSE(options.connect.tls.insecure);
  EXPECT_EQ(options.stats, StatsFormat::table);
  EXPECT_EQ(options.log_level, "warn");
}

TEST(Options, EveryOptionArrives) {
  const auto options = parsed({"--no-realtime", "--loop", "--duration", "90s", "--setup-timeout", "1500ms",
                               "--require", "2", "--insecure", "--stats", "json", "--log-level", "debug", "-",
                               "rtmp://one/live/a", "rtmp://two/live/a", "rtmp://three/live/a"});
  EXPECT_EQ(options.input, "-");
  EXPECT_FALSE(options.source.realtime);
  EXPECT_TRUE(options.source.loop);
  EXPECT_EQ(options.source.duration, 90s);
  EXPECT_EQ(options.connect.setup_timeout, 1500ms);
  EXPECT_EQ(options.connect.require.of(3), 2U);
  EXPECT_TRUE(options.connect.tls.insecure);
  EXPECT_EQ(options.stats, StatsFormat::json);
  EXPECT_EQ(options.destinations.size(), 3U);
}

TEST(Options, TheEngineIsThatOfEveryDestination) {
  using multiconn::LinkEngine;
  const auto engines = [](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"f", "rtmp://one/live/a", "rtmpe://two/live/a"});
    const auto options = parsed(arguments);
    return std::pair(options.destinations[0].engine, options.destinations[1].engine);
  };
  EXPECT_EQ(engines({}), std::pair(LinkEngine::automatic, LinkEngine::automatic));
  EXPECT_EQ(engines({"--engine", "native"}), std::pair(LinkEngine::native, LinkEngine::native));
  EXPECT_EQ(engines({"--engine", "librtmp"}), std::pair(LinkEngine::librtmp, LinkEngine::librtmp));
  EXPECT_EQ(parse({"--engine", "other", "f", "rtmp://one/live/a"}).exit_code, 1);
}

TEST(Options, OptionsMayFollowTheDestinations) {
  const auto options = parsed({"film.mp4", "rtmp://one/live/a", "rtmp://two/live/a", "--require", "any"});
  EXPECT_EQ(options.destinations.size(), 2U);
  EXPECT_EQ(options.connect.require.of(2), 1U);
}

TEST(Options, TimesHaveUnits) {
  const auto timeout = [](const std::string& text) {
    return parsed({"f", "rtmp://one/live/a", "--setup-timeout", text}).connect.setup_timeout;
  };
  EXPECT_EQ(timeout("5"), 5s);
  EXPECT_EQ(timeout("0.25"), 250ms);
  EXPECT_EQ(timeout("2m"), 2min);
  for (const std::string wrong : {"0", "-1s", "soon", "3 parsecs", "1e300", "nan"}) {
    EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--setup-timeout", wrong}), HasSubstr("--setup-timeout"))
        << wrong;
  }
}

TEST(Options, RequireIsAllAnyOrANumber) {
  EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--require="}), HasSubstr("--require"));
  for (const std::string wrong : {"0", "-1", "2x", "most"}) {
    EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--require=" + wrong}), HasSubstr("--require: all, any"))
        << wrong;
  }
  EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--require", "3"}),
              HasSubstr("--require: 3 servers have to answer, but only 1"));
}

TEST(Options, TimestampsAreFromZeroOrTheInputs) {
  const auto plain = parsed({"f", "rtmp://one/live/a"});
  EXPECT_FALSE(plain.source.keep_timestamps);
  EXPECT_EQ(plain.connect.timestamps, multiconn::Timestamps::from_zero);
  const auto kept = parsed({"f", "rtmp://one/live/a", "--timestamps", "input"});
  EXPECT_TRUE(kept.source.keep_timestamps);
  EXPECT_EQ(kept.connect.timestamps, multiconn::Timestamps::epoch);
  EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--timestamps", "now"}), HasSubstr("--timestamps"));
  EXPECT_THAT(errorOf({"f", "rtmp://one/live/a", "--timestamps", "input", "--loop"}), HasSubstr("--loop"));
  EXPECT_THAT(errorOf({"capture:", "rtmp://one/live/a", "--timestamps", "input"}), HasSubstr("--timestamps"));
}

TEST(Options, StatsIsTableJsonOrNone) {
  EXPECT_EQ(parsed({"f", "rtmp://one/live/a", "--stats", "none"}).stats, StatsFormat::none);
  EXPECT_EQ(errorOf({"f", "rtmp://one/live/a", "--stats", "xml"}),
            "multiconn-publish: --stats: table, json or none\n");
}

TEST(Options, WhatIsMissingIsNamed) {
  EXPECT_THAT(errorOf({}), HasSubstr("input"));
  EXPECT_THAT(errorOf({"film.mp4"}), HasSubstr("no destination"));
  EXPECT_THAT(errorOf({"film.mp4", "rtmp://one/live/a", "--ca-file", "/nowhere.pem"}),
              HasSubstr("/nowhere.pem"));
  EXPECT_THAT(errorOf({"film.mp4", "rtmp://one/live/a", "--config", "/nowhere.toml"}),
              HasSubstr("/nowhere.toml"));
}

TEST(Options, ErrorsShowNoKeyWhereverItWasTyped) {
  for (const std::string url : {"rtmp://one/live/canary", "RTMPS://one/live/canary", "srt://one/live/canary",
                                "'rtmp://one/live/canary'", "https://canary@one/live/canary?key=canary"}) {
    for (const std::string option :
         {"--require", "--stats", "--setup-timeout", "--ca-file", "--log-level", "--bogus"}) {
      EXPECT_THAT(errorOf({"film.mp4", "rtmp://two/live/a", option + "=" + url}), Not(HasSubstr("canary")))
          << option << ' ' << url;
      EXPECT_THAT(errorOf({option, url}), Not(HasSubstr("canary"))) << option << ' ' << url;
    }
  }
}

TEST(Options, AConfigFileHasTheOptionsByName) {
  const multiconn::test::TemporaryFolder folder;
  const std::string path =
      folder.write("publish.toml", "setup-timeout=\"250ms\"\nrequire=\"any\"\nloop=true\nrealtime=false\n");
  const auto options = parsed({"film.mp4", "rtmp://one/live/a", "--config", path, "--require", "all"});
  folder.write("publish.toml", "bogus=1\n");
  EXPECT_THAT(errorOf({"film.mp4", "rtmp://one/live/a", "--config", path}), HasSubstr("bogus"));
  EXPECT_EQ(options.connect.setup_timeout, 250ms);
  EXPECT_EQ(options.connect.require.of(2), 2U) << "the command line wins";
  EXPECT_TRUE(options.source.loop);
  EXPECT_FALSE(options.source.realtime);
}

TEST(Options, HelpAndVersionAreNotErrors) {
  const auto help = parse({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_EQ(help.errors, "");
  for (const auto* option :
       {"--realtime", "--loop", "--duration", "--setup-timeout", "--require", "--ca-file", "--insecure",
        "--no-reconnect", "--engine", "--stats", "--config", "--log-level", "--version"}) {
    EXPECT_THAT(help.out, HasSubstr(option));
  }
  for (const auto* said :
       {"--ca-file FILE ", "--engine native|librtmp ", "--log-level LEVEL=warn", "--channels 1|2 "})
    EXPECT_THAT(help.out, HasSubstr(said));
  for (const auto* raw : {"{", "realtime="}) EXPECT_THAT(help.out, Not(HasSubstr(raw)));
  EXPECT_THAT(parse({"--version"}).out, HasSubstr("multiconn-publish 0."));
}

}  // namespace
}  // namespace publish
