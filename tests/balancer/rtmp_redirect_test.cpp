// Who is told where to go, and how it is written.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <span>

#include "balancer/redirect_url.hpp"
#include "rtmp/chunk_reader.hpp"
#include "rtmp/client_session.hpp"
#include "rtmp/handshake.hpp"
#include "rtmp/limits.hpp"
#include "support/messages.hpp"
#include "support/temporary_folder.hpp"

namespace multiconn::balancer {
namespace {

using balance::RedirectAddress;

struct Client {
  const char* name;
  AmfObject connect;
  bool follows;
};

// Written by hand with the fields that each client sends with connect.
std::vector<Client> knownClients() {
  const auto with = [](AmfObject object) {
    object.set("app", "live");
    object.set("tcUrl", "rtmp://127.0.0.1:1935/live");
    return object;
  };
  const auto player = [&](const char* version, int audio) {
    return with({{"flashVer", version},
                 {"fpad", false},
                 {"capabilities", 15},
                 {"audioCodecs", audio},
                 {"videoCodecs", 252},
                 {"videoFunction", 1}});
  };
  return {
      {"FFmpeg 5.1, publishing",
       with({{"type", "nonprivate"}, {"flashVer", "FMLE/3.0 (compatible; Lavf59.27.100)"}}), false},
      {"FFmpeg 5.1, playing", player("LNX 9,0,124,2", 4071), false},
      {"rtmpdump 2.4 (librtmp), and GStreamer's rtmpsrc", player("LNX 10,0,32,18", 3191), false},
      {"OBS Studio 30, and HaishinKit",
       with({{"type", "nonprivate"},
             {"flashVer", "FMLE/3.0 (compatible; FMSc/1.0)"},
             {"swfUrl", "rtmp://127.0.0.1:1935/live"},
             {"fourCcList", AmfArray{"av01", "hvc1"}}}),
       false},
      {"Flash Player 32 for Windows",
       with({{"flashVer", "WIN 32,0,0,465"},
             {"swfUrl", "https://example.com/player.swf"},
             {"fpad", false},
             {"capabilities", 239},
             {"audioCodecs", 3575},
             {"videoCodecs", 252},
             {"videoFunction", 1},
             {"pageUrl", "https://example.com/"},
             {"objectEncoding", 3}}),
       true},
      {"Flash Player 11 for Linux", player("LNX 11,2,202,644", 3575), true},
      {"Flash Player for macOS", player("MAC 32,0,0,465", 3575), true},
      {"AIR on Android", player("AND 33,1,1,929", 3575), true},
      {"nothing said", with({}), false},
      {"not of this kind", with({{"flashVer", 7}, {"multiconn", "1"}}), false},
  };
}

// C0, C1 and C2: RTMP 1.0 5.2.
constexpr std::size_t handshake_bytes = 1 + 2 * rtmp::handshake_packet_size;

// The connect of a client whose bytes were recorded.
std::optional<rtmp::Command> recordedConnect(const std::string& name) {
  const std::string bytes =
      multiconn::test::textOf(std::filesystem::path(MULTICONN_VECTORS) / "clients" / (name + ".bin"));
  if (bytes.size() <= handshake_bytes) return {};
  std::vector<rtmp::RawMessage> messages;
  const auto chunks = std::as_bytes(std::span(bytes)).subspan(handshake_bytes);
  EXPECT_EQ(rtmp::ChunkReader(rtmp::Limits{}).read(chunks, messages), rtmp::Error::none);
  for (const rtmp::RawMessage& raw : messages) {
    const auto message = rtmp::decode(raw, rtmp::Limits{});
    const auto* const command = message ? std::get_if<rtmp::Command>(&message->body) : nullptr;
    if (command && command->name == "connect") return *command;
  }
  return {};
}

TEST(FollowsRedirects, NoneOfTheRecordedClientsDoes) {
  const std::pair<const char*, const char*> recorded[] = {{"ffmpeg_publish", "FMLE/3.0 (compatible; Lavf"},
                                                          {"ffmpeg_play", "LNX 9,0,124,2"},
                                                          {"rtmpdump", "LNX 10,0,32,18"}};
  for (const auto& [name, version] : recorded) {
    const auto connect = recordedConnect(name);
    ASSERT_TRUE(connect && connect->object.object()) << name;
    EXPECT_EQ(connect->object.object()->find("flashVer")->string()->rfind(version, 0), 0u) << name;
    EXPECT_FALSE(followsRedirects(*connect->object.object())) << name;
  }
}

TEST(FollowsRedirects, EveryClientOfTodayIsKnown) {
  for (const Client& client : knownClients())
    EXPECT_EQ(followsRedirects(client.connect), client.follows) << client.name;
}

TEST(FollowsRedirects, ThisSdkSaysSoItself) {
  for (const bool follows : {true, false}) {
    rtmp::ConnectRequest request;
    request.app = "live";
    request.tc_url = "rtmp://balancer/live";
    request.follows_redirects = follows;
    rtmp::ClientSession session(request, rtmp::Limits{});
    const auto reaction = session.connect();
    const auto connect = std::find_if(
        reaction.send.begin(), reaction.send.end(),
        [](const rtmp::OutMessage& message) { return rtmp::test::commandIn(message).name == "connect"; });
    ASSERT_NE(connect, reaction.send.end());
    EXPECT_EQ(followsRedirects(*rtmp::test::commandIn(*connect).object.object()), follows);
  }
}

TEST(RedirectUrl, StaysAsTheClientHasIt) {
  EXPECT_EQ(redirectUrl({}, {"rtmp", "10.0.0.5", 0, ""}, "live"), "rtmp://10.0.0.5/live");
  EXPECT_EQ(redirectUrl({}, {"rtmp", "10.0.0.5", 1935, ""}, "live"), "rtmp://10.0.0.5/live");
  EXPECT_EQ(redirectUrl({}, {"rtmp", "10.0.0.5", 1936, ""}, "live/room?token=1"),
            "rtmp://10.0.0.5:1936/live/room?token=1");
  EXPECT_EQ(redirectUrl({}, {"rtmps", "edge.example.com", 443, ""}, "live"), "rtmps://edge.example.com/live");
  EXPECT_EQ(redirectUrl({}, {"rtmp", "2001:db8::5", 1936, ""}, "live"), "rtmp://[2001:db8::5]:1936/live");
}

TEST(RedirectUrl, AppPortAndSchemeAreReplaced) {
  const RedirectAddress edge{"rtmp", "10.0.0.5", 1936, ""};
  RtmpRedirect redirect;
  redirect.app = "edge";
  EXPECT_EQ(redirectUrl(redirect, edge, "live/room?token=1"), "rtmp://10.0.0.5:1936/edge/room?token=1");
  EXPECT_EQ(redirectUrl(redirect, edge, "live?token=1"), "rtmp://10.0.0.5:1936/edge?token=1");
  EXPECT_EQ(redirectUrl(redirect, edge, ""), "rtmp://10.0.0.5:1936/edge");
  redirect.port = 2000;
  EXPECT_EQ(redirectUrl(redirect, edge, "live"), "rtmp://10.0.0.5:2000/edge");
  // Another scheme has another port; the edge's own is that of its own scheme.
  redirect.port.reset();
  redirect.scheme = "rtmps";
  EXPECT_EQ(redirectUrl(redirect, edge, "live"), "rtmps://10.0.0.5/edge");
  redirect.port = 8443;
  EXPECT_EQ(redirectUrl(redirect, edge, "live"), "rtmps://10.0.0.5:8443/edge");
}

TEST(RedirectUrl, ApplicationEndsAtInstanceOrQuery) {
  EXPECT_EQ(applicationIn("live"), "live");
  EXPECT_EQ(applicationIn("live/_definst_"), "live");
  EXPECT_EQ(applicationIn("live?a/b"), "live");
  EXPECT_EQ(applicationIn("live/a?b/c"), "live");
  EXPECT_EQ(applicationIn(""), "");
}

}  // namespace
}  // namespace multiconn::balancer
