// Publishers that have to log in (authmod adobe).
#include "origin/publisher_login.hpp"

#include <gmock/gmock.h>

#include <mutex>

#include "origin/origin_fixture.hpp"
#include "rtmp/publisher_auth.hpp"

namespace multiconn::test {
namespace {

using namespace std::chrono_literals;
using origin::PublisherLogin;
using rtmp::AuthChallenge;
using testing::HasSubstr;
using testing::Not;

const std::map<std::string, std::string> publishers{{"alice", "s3cret"}, {"bob", "pass:word"}};

class Login : public testing::Test {
 protected:
  PublisherLogin::Outcome check(const std::string& query, const std::string& host = "192.0.2.1") {
    return login.check(query, host, now);
  }
  AuthChallenge challengeFor(const std::string& user, const std::string& host = "192.0.2.1") {
    const auto challenge = rtmp::parseAuthChallenge(check("authmod=adobe&user=" + user, host).description);
    return challenge.value_or(AuthChallenge{});
  }
  static std::string answer(const AuthChallenge& challenge, const std::string& user,
                            const std::string& password) {
    return rtmp::authParameters(challenge, {user, password}, "live", "0badcafe").substr(1);
  }

  PublisherLogin login{publishers};
  rtmp::TimePoint now{1h};
};

TEST_F(Login, AnnouncesChallengesAndLetsIn) {
  EXPECT_EQ(check("").description, "[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : ");
  EXPECT_THAT(check("token=x").description, HasSubstr("code=403 need auth"));
  const AuthChallenge challenge = challengeFor("alice");
  EXPECT_EQ(challenge.step, AuthChallenge::Step::needed);
  EXPECT_FALSE(challenge.salt.empty() || challenge.challenge.empty() || challenge.opaque.empty());
  const auto outcome = check("token=x?" + answer(challenge, "alice", "s3cret"));
  EXPECT_EQ(outcome.user, "alice");
  EXPECT_EQ(check(answer(challengeFor("bob"), "bob", "pass:word")).user, "bob");
}

TEST_F(Login, RefusesWrongAnswers) {
  EXPECT_THAT(check("authmod=adobe&user=eve").description, HasSubstr("?reason=nosuchuser"));
  const auto refused = [&](const std::string& query) {
    const auto outcome = check(query);
    EXPECT_EQ(outcome.user, "");
    EXPECT_THAT(outcome.description, HasSubstr("?reason=authfailed"));
    EXPECT_THAT(outcome.description, Not(HasSubstr("s3cret")));
  };
  refused(answer(challengeFor("alice"), "alice", "wrong"));
  refused("authmod=adobe&user=alice&challenge=0badcafe&response=x&opaque=unknown");
  refused("authmod=adobe&user=alice&response=x");
  auto borrowed = challengeFor("bob");
  refused(answer(borrowed, "alice", "s3cret"));
}

TEST_F(Login, AChallengeIsGoodForOneTry) {
  const AuthChallenge challenge = challengeFor("alice");
  const std::string right = answer(challenge, "alice", "s3cret");
  EXPECT_EQ(check(answer(challenge, "alice", "wrong")).user, "");
  EXPECT_EQ(check(right).user, "") << "the wrong answer has spent it";
  const std::string once = answer(challengeFor("alice"), "alice", "s3cret");
  EXPECT_EQ(check(once).user, "alice");
  EXPECT_EQ(check(once).user, "") << "overheard";
}

TEST_F(Login, AChallengeExpires) {
  const std::string right = answer(challengeFor("alice"), "alice", "s3cret");
  now += 61s;
  EXPECT_EQ(check(right).user, "");
}

TEST_F(Login, ManyPublishersMayShareAnAddress) {
  std::vector<AuthChallenge> challenges;
  for (int i = 0; i < 1000; ++i) challenges.push_back(challengeFor("alice"));
  for (const AuthChallenge& challenge : challenges)
    ASSERT_EQ(check(answer(challenge, "alice", "s3cret")).user, "alice");
}

TEST_F(Login, ChallengesDifferAndAnAddressPushesOutItsOwn) {
  const AuthChallenge first = challengeFor("alice");
  EXPECT_NE(first.opaque, challengeFor("alice").opaque);
  for (int i = 0; i < 1100; ++i) challengeFor("bob");
  EXPECT_EQ(check(answer(first, "alice", "s3cret")).user, "");
  EXPECT_EQ(check(answer(challengeFor("alice"), "alice", "s3cret")).user, "alice");
}

TEST_F(Login, OneAddressPushesOutNoOthersChallenges) {
  const AuthChallenge first = challengeFor("alice");
  for (int i = 0; i < 3000; ++i) challengeFor("bob", "198.51.100.7");
  EXPECT_EQ(check(answer(first, "alice", "s3cret")).user, "alice");
}

TEST_F(Login, ManyAddressesPushOutThoseThatHaveMost) {
  const AuthChallenge first = challengeFor("alice");
  for (int i = 0; i < 3000; ++i) challengeFor("bob", "198.51.100." + std::to_string(i % 200));
  EXPECT_EQ(check(answer(first, "alice", "s3cret")).user, "alice");
}

TEST(LoginNeed, IsKnownByWhatTheClientSays) {
  rtmp::server_event::ConnectRequested request;
  EXPECT_FALSE(PublisherLogin::concerns(request));
  request.object.set("type", "nonprivate");
  EXPECT_TRUE(PublisherLogin::concerns(request));
  request.flash_version = "LNX 9,0,124,2";
  EXPECT_FALSE(PublisherLogin::concerns(request)) << "says that it is a player";
  request.query = "token=x&authmod=adobe";
  EXPECT_TRUE(PublisherLogin::concerns(request)) << "begins to log in";
  request = {};
  request.flash_version = "Encoder/1.0 FMLE/3.0 (compatible; FMSc/1.0)";
  EXPECT_TRUE(PublisherLogin::concerns(request));
}

class LoginServer : public testing::Test {
 protected:
  LoginServer() {
    auto options = testOptions();
    options.publishers = publishers;
    options.log = [this](OriginLogLevel, const std::string& line) {
      const std::lock_guard lock(mutex);
      log += line + "\n";
    };
    server = std::make_unique<OriginServer>(options);
  }
  /// What a connect with this query is told; empty: it was let in.
  std::string refusal(const std::string& query) {
    encoder = std::make_unique<RtmpTestClient>(
        server->port(), RtmpTestClient::Options{.app = "live" + query, .encoder = true});
    if (encoder->connect()) return {};
    EXPECT_EQ(encoder->statuses().front().code, "NetConnection.Connect.Rejected");
    return encoder->statuses().front().description;
  }

  std::mutex mutex;
  std::string log;
  std::unique_ptr<OriginServer> server;
  std::unique_ptr<RtmpTestClient> encoder;
};

TEST_F(LoginServer, AnEncoderLogsInAndPublishes) {
  const rtmp::PublisherCredentials credentials{"alice", "s3cret"};
  std::string query;
  for (int step = 0; step < 2; ++step) {
    const auto challenge = rtmp::parseAuthChallenge(refusal(query));
    ASSERT_TRUE(challenge) << step;
    EXPECT_TRUE(encoder->waitClosed());
    query = rtmp::authParameters(*challenge, credentials, "live", "0badcafe");
  }
  ASSERT_EQ(refusal(query), "");
  EXPECT_TRUE(encoder->publish("stream"));
  RtmpTestClient player(server->port());
  EXPECT_TRUE(player.connect() && player.play("stream")) << "players need no name";
  server.reset();
  EXPECT_THAT(log, HasSubstr("logged in as alice"));
  EXPECT_THAT(log, Not(HasSubstr("s3cret")));
  EXPECT_THAT(log, Not(HasSubstr("response")));
}

TEST_F(LoginServer, WhoDoesNotLogInMayNotPublish) {
  RtmpTestClient pretender(server->port());
  ASSERT_TRUE(pretender.connect());
  EXPECT_FALSE(pretender.publish("stream"));
  EXPECT_TRUE(pretender.waitStatus("NetStream.Publish.Unauthorized"));
  EXPECT_THAT(refusal("?authmod=adobe&user=nobody"), HasSubstr("nosuchuser"));
}

}  // namespace
}  // namespace multiconn::test
