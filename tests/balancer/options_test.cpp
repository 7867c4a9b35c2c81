#include "balancer/options.hpp"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include "support/error_of.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::balancer {
namespace {

using multiconn::test::errorOf;
using multiconn::test::TemporaryFolder;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

constexpr const char* long_key = "a key of the cluster, 2024";

class OptionsTest : public testing::Test {
 protected:
  ParsedArguments parse(std::vector<std::string> line) {
    std::vector<const char*> argv{"multiconn-balancer"};
    for (const std::string& word : line) argv.push_back(word.c_str());
    return parseArguments(static_cast<int>(argv.size()), argv.data());
  }
  Arguments taken(std::vector<std::string> line) {
    ParsedArguments parsed = parse(std::move(line));
    EXPECT_TRUE(parsed.arguments);
    return parsed.arguments ? std::move(*parsed.arguments) : Arguments();
  }
  Arguments withKey(std::vector<std::string> line) {
    line.insert(line.end(), {"--key-file", key.string()});
    return taken(std::move(line));
  }
  std::string refusal(std::vector<std::string> line) {
    line.insert(line.end(), {"--key-file", key.string()});
    return errorOf([&] { parse(line); });
  }

  TemporaryFolder folder;
  std::filesystem::path key = folder.write("key", std::string(long_key) + "\n");
  std::filesystem::path token = folder.write("token", "0123456789abcdef0123\n");
};

constexpr const char* server_xml = R"(
<Property><Name>loadBalancerListenerKey</Name><Value>023D4FB4IS83</Value></Property>
<Property><Name>loadBalancerListenerIpAddress</Name><Value>*</Value></Property>
<Property><Name>loadBalancerListenerPort</Name><Value>1999</Value><Type>Integer</Type></Property>
<Property><Name>loadBalancerListenerRedirectorClass</Name>
<Value>com.wowza.wms.plugin.loadbalancer.LoadBalancerRedirectorConcurrentConnects</Value></Property>
<Property><Name>loadBalancerListenerMessageTimeout</Name><Value>7000</Value><Type>Integer</Type></Property>
<HTTPProvider><BaseClass>com.wowza.wms.plugin.loadbalancer.HTTPLoadBalancerRedirector</BaseClass>
<Properties><Property><Name>enableServerInfoXML</Name><Value>true</Value></Property></Properties></HTTPProvider>
)";
constexpr const char* application_xml = R"(
<Property><Name>redirectAppName</Name><Value>live</Value></Property>
<Property><Name>redirectPort</Name><Value>1936</Value></Property>
<Property><Name>redirectScheme</Name><Value>rtmps</Value></Property>
<Property><Name>redirectOnConnect</Name><Value>false</Value><Type>Boolean</Type></Property>
)";

TEST_F(OptionsTest, Defaults) {
  const BalancerOptions options = withKey({}).balancer;
  ASSERT_THAT(options.listen, SizeIs(1));
  EXPECT_EQ(options.listen[0].port, 1935);
  EXPECT_EQ(options.listen[0].host, "");
  ASSERT_THAT(options.udp, SizeIs(1));
  EXPECT_EQ(options.udp[0].port, 1934);
  EXPECT_THAT(options.keys, ElementsAre(long_key));
  EXPECT_EQ(options.dispatcher.policy, "least-loaded");
  EXPECT_EQ(options.dispatcher.pool.message_timeout, std::chrono::seconds(5));
  EXPECT_EQ(options.clock_tolerance, std::chrono::seconds(30));
  EXPECT_EQ(options.rtmp.mode, RtmpMode::automatic);
  EXPECT_TRUE(options.rtmp.serves("anything"));
  EXPECT_FALSE(options.server_info);
  EXPECT_FALSE(options.admin);
}

TEST_F(OptionsTest, TakesWowzasPropertiesAsTheyStand) {
  const auto server = folder.write("conf/Server.xml", server_xml);
  const auto application = folder.write("redirect.xml", application_xml);
  const Arguments arguments =
      taken({"--wowza-conf", server.string(), "--wowza-conf", "redirect=" + application.string()});
  const BalancerOptions& options = arguments.balancer;
  EXPECT_THAT(options.keys, ElementsAre("023D4FB4IS83"));
  EXPECT_EQ(options.udp[0].port, 1999);
  EXPECT_EQ(options.dispatcher.policy, "concurrent-connects");
  EXPECT_EQ(options.dispatcher.pool.message_timeout, std::chrono::seconds(7));
  EXPECT_TRUE(options.server_info);
  EXPECT_TRUE(options.rtmp.serves("redirect"));
  EXPECT_FALSE(options.rtmp.serves("other"));
  const RtmpRedirect redirect = options.rtmp.redirectOf("redirect");
  EXPECT_EQ(redirect.app, "live");
  EXPECT_EQ(redirect.port, 1936);
  EXPECT_EQ(redirect.scheme, "rtmps");
  EXPECT_EQ(redirect.on_connect, false);
  EXPECT_THAT(arguments.warnings, testing::Contains(HasSubstr("multiconn-ctl keygen")));
}

TEST_F(OptionsTest, TheCommandLineGoesBeforeProperties) {
  const auto server = folder.write("Server.xml", server_xml);
  const auto application = folder.write("redirect.xml", application_xml);
  const BalancerOptions options =
      taken({"--wowza-conf", server.string(), "redirect=" + application.string(), "--policy", "random",
             "--udp", "127.0.0.1:5", "--message-timeout", "3000", "--redirect-app", "redirect=stage",
             "--redirect-port", "1940"})
          .balancer;
  EXPECT_EQ(options.dispatcher.policy, "random");
  EXPECT_EQ(options.udp[0].port, 5);
  EXPECT_EQ(options.dispatcher.pool.message_timeout, std::chrono::seconds(3));
  EXPECT_EQ(options.rtmp.redirectOf("redirect").app, "stage");
  EXPECT_EQ(options.rtmp.redirectOf("redirect").port, 1936);
  EXPECT_EQ(options.rtmp.redirectOf("other").port, 1940);
}

TEST_F(OptionsTest, TakesAnAdminListener) {
  const Arguments arguments =
      withKey({"--admin", "*:1936", "--admin-token-file", token.string(), "--admin-name", "a.example"});
  const tools::AdminListener admin = arguments.balancer.admin.value_or(tools::AdminListener());
  EXPECT_EQ(admin.at.port, 1936);
  EXPECT_EQ(admin.token, "0123456789abcdef0123");
  EXPECT_THAT(admin.names, ElementsAre("a.example"));
  EXPECT_THAT(refusal({"--admin", "0.0.0.0:1936"}), HasSubstr("--admin-token-file"));
}

TEST_F(OptionsTest, RefusesWhatCannotBeMeant) {
  EXPECT_THAT(refusal({"--policy", "best"}), HasSubstr("no policy \"best\", but "));
  EXPECT_THAT(refusal({"--listen", "balancer.example:1935"}), HasSubstr("not a numeric address"));
  EXPECT_THAT(refusal({"--udp", "70000"}), HasSubstr("--udp"));
  EXPECT_THAT(refusal({"--redirect-app", "a=x", "--redirect-app", "a=y"}), HasSubstr("twice for a"));
  EXPECT_EQ(refusal({"--redirect-port", "0"}), "--redirect-port: \"0\" is not a port from 1 to 65535");
  EXPECT_EQ(refusal({"--redirect-scheme", "a=http"}), "--redirect-scheme: \"http\" is not rtmp or rtmps");
  EXPECT_EQ(refusal({"--redirect-on-connect", "maybe"}),
            "--redirect-on-connect: \"maybe\" is not true or false");
  EXPECT_THAT(refusal({"--clock-tolerance", "5"}), HasSubstr("--clock-tolerance"));
  EXPECT_THAT(refusal({"--app-home", "/x"}), HasSubstr("--wowza-conf"));
  EXPECT_THAT(errorOf([&] { parse({}); }), HasSubstr("no key"));
  EXPECT_THAT(errorOf([&] { parse({"--key-file", "/nowhere"}); }), HasSubstr("/nowhere"));
}

TEST_F(OptionsTest, HelpSaysWhatIsNeededAndInWhichUnit) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"--help"}).exit_status, 0);
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, testing::Not(testing::ContainsRegex("INT|TEXT|CLI11| in \\[")));
  for (const char* const said :
       {"Needed, unless --wowza-conf has a key. Keys", "so many milliseconds is out", "--message-timeout MS ",
        "Milliseconds that an agent's clock", "--hold-until-edges N ", "--rtmp-mode redirect|relay|auto=auto",
        "other applications are refused", "Example: multiconn-balancer --key-file "})
    EXPECT_THAT(help, HasSubstr(said));
}

TEST_F(OptionsTest, RefusesRedirectsOfWhoIsCarried) {
  EXPECT_THAT(refusal({"--rtmp-mode", "relay", "--redirect-on-connect", "live=false"}),
              HasSubstr("--redirect-on-connect false"));
  EXPECT_THAT(refusal({"--rtmp-mode", "relay", "--redirect-scheme", "rtmps"}),
              HasSubstr("--redirect-scheme"));
  EXPECT_EQ(refusal({"--rtmp-mode", "relay", "--redirect-on-connect", "true", "--redirect-port", "1936"}),
            "");
}

TEST_F(OptionsTest, RefusesApplicationNamesThatAreNone) {
  for (const char* const name : {"my app", "live?x=1", "live=stage?", "live=a\tb"}) {
    EXPECT_THAT(refusal({"--redirect-app", name}), HasSubstr("--redirect-app")) << name;
  }
  EXPECT_EQ(withKey({"--redirect-app", "live=stage/room"}).balancer.rtmp.redirectOf("live").app,
            "stage/room");
}

TEST_F(OptionsTest, RefusesANegativeNumberOfEdges) {
  EXPECT_EQ(parse({"--key-file", key.string(), "--hold-until-edges", "-1"}).exit_status, 1);
  EXPECT_EQ(parse({"--key-file", key.string(), "--hold-until-edges=-1"}).exit_status, 1);
  EXPECT_EQ(withKey({"--hold-until-edges", "3"}).balancer.dispatcher.hold_until_edges, 3u);
}

TEST_F(OptionsTest, RefusesTwoDifferentKeysOfWowza) {
  const auto conf = [&](const char* name, const std::string& value) {
    return folder
        .write(name, "<Property><Name>loadBalancerListenerKey</Name><Value>" + value + "</Value></Property>")
        .string();
  };
  const std::string one = conf("Server.xml", "023D4FB4IS83"), same = conf("VHost.xml", "023D4FB4IS83"),
                    other = conf("Other.xml", "anotherkey1234");
  EXPECT_THAT(taken({"--wowza-conf", one, same}).balancer.keys, ElementsAre("023D4FB4IS83"));
  const std::string sentence = errorOf([&] { parse({"--wowza-conf", one, other}); });
  EXPECT_THAT(sentence, testing::AllOf(HasSubstr("Server.xml"), HasSubstr("Other.xml")));
  EXPECT_THAT(sentence, testing::Not(HasSubstr("anotherkey")));
}

TEST_F(OptionsTest, ForgetsNoEdgeBeforeItsSilenceIsKnown) {
  EXPECT_EQ(withKey({}).balancer.dispatcher.pool.forget_after, std::chrono::seconds(60));
  EXPECT_EQ(withKey({"--message-timeout", "100000"}).balancer.dispatcher.pool.forget_after,
            std::chrono::seconds(200));
}

TEST_F(OptionsTest, FitsItsLimitsToTheDescriptorsThereAre) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 1024;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  const BalancerOptions options = withKey({}).balancer;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(options.client_port.max_waiting, 256u);
  EXPECT_EQ(options.client_port.max_waiting_per_network, 32u);
  EXPECT_EQ(options.http.max_connections, 256u);
  EXPECT_EQ(options.http.max_per_network, 64u);
  EXPECT_EQ(options.max_rtmp_connections, 256u);
  EXPECT_EQ(options.max_rtmp_per_network, 64u);
}

TEST_F(OptionsTest, RefusesTwoSourcesOfKeys) {
  const auto server = folder.write("Server.xml", server_xml);
  const std::string sentence = refusal({"--wowza-conf", server.string()});
  EXPECT_THAT(sentence, HasSubstr("loadBalancerListenerKey"));
  EXPECT_THAT(sentence, testing::Not(HasSubstr("023D4FB4IS83")));
}

TEST_F(OptionsTest, ReadsTheKeysAgain) {
  const Arguments arguments = withKey({});
  folder.write("key", "another key of this cluster\nand one that comes after it\n");
  std::vector<std::string> warnings;
  EXPECT_THAT(arguments.reload_keys(warnings),
              ElementsAre("another key of this cluster", "and one that comes after it"));
  EXPECT_THAT(warnings, SizeIs(0));
  folder.write("key", "short key\n");
  EXPECT_THAT(arguments.reload_keys(warnings), SizeIs(1));
  EXPECT_THAT(warnings, ElementsAre(HasSubstr("multiconn-ctl keygen")));
  folder.write("key", "short\n");
  EXPECT_THAT(errorOf([&] { arguments.reload_keys(warnings); }), HasSubstr("line 1"));
}

TEST_F(OptionsTest, TurnsClocksOff) {
  EXPECT_EQ(withKey({"--clock-tolerance", "off"}).balancer.clock_tolerance, std::nullopt);
}

}  // namespace
}  // namespace multiconn::balancer
