#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "agent/redirect_address.hpp"
#include "agent/server_guid.hpp"
#include "agent/targets_watch.hpp"
#include "support/error_of.hpp"
#include "support/simulated_loop.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::agent {
namespace {

using namespace std::chrono_literals;
using test::errorOf;
using test::TemporaryFolder;
using testing::HasSubstr;

const auto warn = [](const std::string& warning) { ADD_FAILURE() << warning; };

TEST(ServerGuid, IsMadeOnceAndKept) {
  const TemporaryFolder folder;
  const auto file = folder.file("Server.guid");
  balance::Guid first;
  std::array<std::byte, 8> boot_id{};
  {
    const ServerGuid guid(file, warn);
    first = guid.guid();
    boot_id = guid.boot().id;
    EXPECT_EQ(guid.boot().counter, 1U);
    EXPECT_EQ(folder.read("Server.guid"), first.text() + "\n");
    EXPECT_EQ(first.text()[14], '4') << "a random UUID";
  }
  const ServerGuid again(file, warn);
  EXPECT_EQ(again.guid(), first);
  EXPECT_EQ(again.boot().counter, 2U);
  EXPECT_NE(again.boot().id, boot_id);
  EXPECT_EQ(folder.read("Server.guid.boot"), "2\n");
}

TEST(ServerGuid, IsAnotherOnceTheFileWasRemoved) {
  const TemporaryFolder folder;
  const auto file = folder.file("Server.guid");
  const balance::Guid first = ServerGuid(file, warn).guid();
  std::filesystem::remove(file);
  const ServerGuid second(file, warn);
  EXPECT_NE(second.guid(), first);
  EXPECT_EQ(second.boot().counter, 2U) << "never lower";
}

TEST(ServerGuid, IsAnotherOnceTheCounterWasLost) {
  const TemporaryFolder folder;
  const auto file = folder.file("Server.guid");
  const balance::Guid first = ServerGuid(file, warn).guid();
  std::filesystem::remove(folder.file("Server.guid.boot"));
  std::vector<std::string> warnings;
  const ServerGuid second(file, [&](const std::string& warning) { warnings.push_back(warning); });
  EXPECT_NE(second.guid(), first);
  EXPECT_EQ(second.boot().counter, 1U);
  EXPECT_EQ(folder.read("Server.guid"), second.guid().text() + "\n");
  ASSERT_EQ(warnings.size(), 1U);
  EXPECT_THAT(warnings.front(), testing::AllOf(HasSubstr("Server.guid.boot is gone"), HasSubstr(first.text()),
                                               HasSubstr(second.guid().text())));
  EXPECT_THAT(errorOf([&] { ServerGuid third(file, warn); }), HasSubstr("in use by another agent"));
}

TEST(ServerGuid, IsNotReplacedUnderAnAgentThatRuns) {
  const TemporaryFolder folder;
  const auto file = folder.file("Server.guid");
  const ServerGuid held(file, warn);
  std::filesystem::remove(folder.file("Server.guid.boot"));
  EXPECT_THAT(errorOf([&] { ServerGuid second(file, warn); }), HasSubstr("in use by another agent"));
  EXPECT_EQ(folder.read("Server.guid"), held.guid().text() + "\n");
}

TEST(ServerGuid, IsForOneAgentAtATime) {
  const TemporaryFolder folder;
  const auto file = folder.file("Server.guid");
  const ServerGuid held(file, warn);
  EXPECT_THAT(errorOf([&] { ServerGuid second(file, warn); }), HasSubstr("in use by another agent"));
  EXPECT_EQ(folder.read("Server.guid.boot"), "1\n");
}

TEST(ServerGuid, RefusesWhatIsNoGuidOrNoNumber) {
  const TemporaryFolder folder;
  for (const char* text :
       {"", "hello\n", "9915ed19-7b64-42c7-b57e-2633689ca84\n", "9915ed19-7b64-42c7-b57e-2633689ca84z\n",
        "9915ed1997b64-42c7-b57e-2633689ca849\n"}) {
    const auto file = folder.write("Server.guid", text);
    EXPECT_THAT(errorOf([&] { ServerGuid guid(file, warn); }), HasSubstr("holds no GUID")) << text;
  }
  const auto file = folder.write("Server.guid", "9915ED19-7b64-42c7-b57e-2633689ca849\r\n");
  folder.write("Server.guid.boot", "many");
  EXPECT_THAT(errorOf([&] { ServerGuid guid(file, warn); }), HasSubstr("holds no number"));
  folder.write("Server.guid.boot", "41\n");
  EXPECT_EQ(ServerGuid(file, warn).boot().counter, 42U);
}

TEST(ServerGuid, SaysWhereItCannotWrite) {
  const TemporaryFolder folder;
  EXPECT_THAT(errorOf([&] { ServerGuid guid(folder.file("none/Server.guid"), warn); }),
              HasSubstr("none/Server.guid"));
}

class TargetsWatchTest : public testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string file_ = folder_.write("targets.txt", "10.0.0.1,1934,023D4FB4IS83\n");
  test::SimulatedLoop loop_;
  test::SimulatedScheduler scheduler_{loop_};
  std::vector<std::vector<balance::Target>> changes_;
  std::vector<std::string> errors_;
  TargetsWatch watch_{scheduler_, file_, [this](auto targets) { changes_.push_back(std::move(targets)); },
                      [this](const std::string& why) { errors_.push_back(why); }};
};

TEST_F(TargetsWatchTest, ReadsAgainWhatHasChanged) {
  loop_.runFor(5s);
  EXPECT_TRUE(changes_.empty());
  folder_.write("targets.txt", "10.0.0.1,1934,023D4FB4IS83\n10.0.0.2,1934,another-key\n");
  loop_.runFor(1s);
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_EQ(changes_.front().size(), 2U);
}

TEST_F(TargetsWatchTest, SeesARenameOverIt) {
  folder_.write("new.txt", "10.0.0.9,1934,023D4FB4IS83\n");
  std::filesystem::rename(folder_.file("new.txt"), file_);
  loop_.runFor(1s);
  ASSERT_EQ(changes_.size(), 1U);
  EXPECT_EQ(changes_.front().front().host, "10.0.0.9");
}

TEST_F(TargetsWatchTest, ABrokenFileIsOneErrorThatNamesTheLine) {
  folder_.write("targets.txt", "10.0.0.1,1934,023D4FB4IS83\n10.0.0.2;1934;secretsecret\n");
  loop_.runFor(10s);
  EXPECT_TRUE(changes_.empty());
  ASSERT_EQ(errors_.size(), 1U);
  EXPECT_THAT(errors_.front(), HasSubstr("line 2"));
  EXPECT_THAT(errors_.front(), testing::Not(HasSubstr("secretsecret")));
  std::filesystem::remove(file_);
  loop_.runFor(10s);
  EXPECT_EQ(errors_.size(), 2U);
  folder_.write("targets.txt", "10.0.0.3,1934,023D4FB4IS83\n");
  loop_.runFor(1s);
  EXPECT_EQ(changes_.size(), 1U);
}

TEST(ReadTargets, SaysWhatIsWrong) {
  const TemporaryFolder folder;
  EXPECT_THAT(errorOf([&] { readTargets(folder.file("none")); }), HasSubstr("cannot read"));
  EXPECT_THAT(errorOf([&] { readTargets(folder.file("")); }), HasSubstr("directory"));
  EXPECT_NE(errorOf([&] { readTargets(folder.write("empty", "# nobody\n")); }), "");
  EXPECT_THAT(errorOf([&] { readTargets(folder.write("long", std::string(300000, '#'))); }),
              HasSubstr("too long"));
}

TEST(RedirectAddress, HasSchemePortAndNetwork) {
  const AgentAddress plain = parseRedirectAddress("edge1.example.com");
  EXPECT_EQ(plain.scheme, "rtmp");
  EXPECT_EQ(plain.host, "edge1.example.com");
  EXPECT_EQ(plain.port, 0);
  const AgentAddress all = parseRedirectAddress("RTMPS://10.0.0.5:8443@10.0.0.0/8");
  EXPECT_EQ(all.scheme, "rtmps");
  EXPECT_EQ(all.host, "10.0.0.5");
  EXPECT_EQ(all.port, 8443);
  EXPECT_EQ(all.network, "10.0.0.0/8");
  const AgentAddress ipv6 = parseRedirectAddress("[2001:db8::5]:1936");
  EXPECT_EQ(ipv6.host, "2001:db8::5");
  EXPECT_EQ(ipv6.port, 1936);
  EXPECT_EQ(parseRedirectAddress("2001:db8::5").host, "2001:db8::5");
}

TEST(RedirectAddress, RefusesNonsense) {
  for (const char* text : {"", "rtmp://", "a b", "host:0", "host:99999", "host:x", "[::1", "[::1]x",
                           "ftp://host", "host@", "host/app", "[redirect-address]"})
    EXPECT_THROW(parseRedirectAddress(text), std::invalid_argument) << text;
}

TEST(RedirectAddress, ThatNobodyElseReachesIsRefused) {
  for (const char* text :
       {"localhost", "LOCALHOST:1936", "127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0", "::", "::ffff:127.0.0.1",
        "[::ffff:7f00:1]:1935", "::FFFF:127.9.9.9", "0:0:0:0:0:0:0:1", "::ffff:0.0.0.0", "localhost.",
        "edge.localhost", "localhost.localdomain", "Localhost4.LocalDomain4", "localhost6.localdomain6.",
        "ip6-localhost:1936", "ip6-loopback"})
    EXPECT_THROW(refuseLoopback(parseRedirectAddress(text)), std::invalid_argument) << text;
  for (const char* text : {"10.0.0.1", "edge.example.com", "2001:db8::1", "::ffff:10.0.0.1", "128.0.0.1",
                           "localhost.example.com", "ip6-localhost.example.com"})
    EXPECT_NO_THROW(refuseLoopback(parseRedirectAddress(text))) << text;
}

}  // namespace
}  // namespace multiconn::agent
