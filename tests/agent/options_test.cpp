#include "agent/program/options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "agent/program/reporting_options.hpp"
#include "support/error_of.hpp"
#include "support/program_run.hpp"
#include "support/temporary_folder.hpp"
#include "support/vectors.hpp"

namespace multiconn::agent {
namespace {

using test::errorOf;
using test::ProgramRun;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using Words = std::vector<std::string>;

class AgentProgramOptions : public testing::Test {
 protected:
  static ParsedArguments parse(const Words& words) {
    std::vector<const char*> argv{"multiconn-agent"};
    for (const std::string& word : words) argv.push_back(word.c_str());
    return parseArguments(static_cast<int>(argv.size()), argv.data());
  }
  Arguments taken(Words words) {
    words.insert(words.begin(), {"--targets", targets_, "--redirect-address", "192.0.2.7"});
    return parse(words).arguments.value_or(Arguments());
  }
  /// The one line that multiconn-origin says before it ends with 1.
  std::string originSays(Words words) {
    words.insert(words.begin(), {MULTICONN_ORIGIN, "--listen", "127.0.0.1:0"});
    ProgramRun run(words, folder_.file(""));
    const std::string errors = run.errors();
    EXPECT_EQ(run.status(), 1) << errors;
    EXPECT_EQ(std::count(errors.begin(), errors.end(), '\n'), 1) << errors;
    return errors;
  }

  const test::TemporaryFolder folder_;
  const std::string targets_ = folder_.write("targets.txt", "192.0.2.1,1934,a-key-of-22-characters\n");
};

TEST_F(AgentProgramOptions, HelpSaysWhatIsNeededAndInWhichUnit) {
  testing::internal::CaptureStdout();
  EXPECT_EQ(parse({"--help"}).exit_status, 0);
  const std::string help = testing::internal::GetCapturedStdout();
  EXPECT_THAT(help, Not(testing::ContainsRegex("INT|TEXT|CLI11| in \\[")));
  for (const char* const said :
       {"Needed, here or by --wowza-conf. The balancers", "Needed, here or by --wowza-conf. Where clients",
        "--capacity N ", "--interval MS ", "Milliseconds between", "--bandwidth-capacity BITS ",
        "--monitor NAME ", "auto, origin, nginx-rtmp, srs, mediamtx, tcp, exec; default auto",
        "weight of this server; without an address: loopback", "Example: multiconn-agent --targets "})
    EXPECT_THAT(help, HasSubstr(said));
}

TEST_F(AgentProgramOptions, OriginsHelpSaysWhatAnAgentInsideNeeds) {
  ProgramRun run({MULTICONN_ORIGIN, "--help"}, folder_.file(""));
  const std::string help = run.output();
  EXPECT_EQ(run.status(), 0);
  EXPECT_THAT(help, HasSubstr("Starts an agent inside. The balancers"));
  EXPECT_THAT(help, HasSubstr("Needed with --targets. Where clients"));
}

TEST_F(AgentProgramOptions, ReportingHasDefaults) {
  const Arguments arguments = taken({});
  EXPECT_EQ(arguments.agent.targets_file, targets_);
  EXPECT_EQ(arguments.agent.capacity, 1000U);
  EXPECT_EQ(arguments.agent.bandwidth_capacity, 0U);
  EXPECT_EQ(arguments.agent.interval, std::chrono::milliseconds(2500));
  EXPECT_EQ(arguments.agent.guid_file, "Server.guid");
  EXPECT_TRUE(arguments.agent.early_reports);
  EXPECT_FALSE(arguments.admin);
  EXPECT_THAT(arguments.warnings, testing::ElementsAre(HasSubstr("--capacity")));
}

TEST_F(AgentProgramOptions, EachOfReportingArrives) {
  const Arguments arguments =
      taken({"--capacity", "300", "--bandwidth-capacity", "10Gb", "--interval", "300", "--guid-file",
             "x.guid", "--no-early-reports", "--redirect-address", "rtmps://localhost", "--allow-loopback"});
  EXPECT_EQ(arguments.agent.capacity, 300U);
  EXPECT_EQ(arguments.agent.bandwidth_capacity, 10'000'000'000U);
  EXPECT_EQ(arguments.agent.interval, std::chrono::milliseconds(300));
  EXPECT_EQ(arguments.agent.guid_file, "x.guid");
  EXPECT_FALSE(arguments.agent.early_reports);
  EXPECT_EQ(arguments.agent.addresses.size(), 2U);
  EXPECT_THAT(arguments.warnings, IsEmpty());
}

TEST_F(AgentProgramOptions, TheAdminListenerArrives) {
  const std::string token = folder_.write("admin.token", "0123456789abcdef");
  const auto admin =
      taken({"--admin", "*:8937", "--admin-token-file", token, "--admin-name", "a.example"}).admin;
  ASSERT_TRUE(admin);
  EXPECT_EQ(admin->at.port, 8937);
  EXPECT_EQ(admin->token, "0123456789abcdef");
  EXPECT_THAT(admin->names, testing::ElementsAre("a.example"));
}

TEST_F(AgentProgramOptions, TargetsAreLookedForWhereWowzaHasThem) {
  const std::string home = folder_.file("wowza");
  const auto usual =
      folder_.write("wowza/conf/loadbalancertargets.txt", "192.0.2.9,1934,a-key-of-22-characters\n");
  const auto conf = folder_.write("Server.xml",
                                  "<Property><Name>loadBalancerSenderRedirectAddress</Name>"
                                  "<Value>192.0.2.7</Value></Property>");
  const auto targetsOf = [](const Words& words) {
    return parse(words).arguments.value_or(Arguments()).agent.targets_file;
  };
  EXPECT_EQ(targetsOf({"--wowza-conf", conf, "--app-home", home}), usual);
  EXPECT_EQ(targetsOf({"--wowza-conf", conf, "--app-home", home, "--targets", targets_}), targets_);
  const auto naming =
      folder_.write("Targets.xml", "<Property><Name>loadBalancerSenderTargetPath</Name><Value>" + targets_ +
                                       "</Value></Property>");
  EXPECT_EQ(targetsOf({"--wowza-conf", conf, naming, "--app-home", home}), targets_);
  EXPECT_THAT(errorOf([&] { parse({"--wowza-conf", conf}); }), HasSubstr("--targets is missing"));
  std::filesystem::remove(usual);
  EXPECT_THAT(errorOf([&] {
                parse({"--wowza-conf", conf, "--app-home", home});
              }),
              HasSubstr("--targets is missing"));
}

TEST_F(AgentProgramOptions, NothingOfReportingIsGiven) {
  EXPECT_EQ(givenBesideTargets({}), "");
}

TEST_F(AgentProgramOptions, OriginTakesWhatTheAgentTakes) {
  EXPECT_THAT(originSays({"--targets", targets_, "--redirect-address", "192.0.2.7", "--bandwidth-capacity",
                          "10Gb", "--no-early-reports", "--guid-file", "none/Server.guid"}),
              HasSubstr("none/Server.guid"));
}

TEST_F(AgentProgramOptions, OriginRefusesEachOfThemWithoutTargets) {
  const std::vector<Words> lines{{"--redirect-address", "192.0.2.7"},
                                 {"--allow-loopback"},
                                 {"--guid-file", "x.guid"},
                                 {"--capacity", "100"},
                                 {"--bandwidth-capacity", "100"},
                                 {"--bandwidth-capacity", "0"},
                                 {"--interval", "300"},
                                 {"--interval", "2500"},
                                 {"--no-early-reports"},
                                 {"--admin", "0"}};
  for (const Words& line : lines)
    EXPECT_THAT(originSays(line), testing::AllOf(HasSubstr("--targets is missing"), HasSubstr(line.front())));
  EXPECT_THAT(originSays({"--admin-token-file", "x"}), HasSubstr("--admin, which is missing"));
  EXPECT_THAT(originSays({"--targets", targets_, "--redirect-address", "192.0.2.7", "--admin", "*:0"}),
              HasSubstr("needs --admin-token-file"));
}

TEST_F(AgentProgramOptions, OriginTellsNoKeyOfATargetsFile) {
  const auto bad = folder_.write("bad.txt", "192.0.2.1,1934,canary\n");
  EXPECT_THAT(originSays({"--targets", bad, "--redirect-address", "192.0.2.7"}),
              testing::AllOf(HasSubstr("bad.txt, line 1"), Not(HasSubstr("canary"))));
}

}  // namespace
}  // namespace multiconn::agent
