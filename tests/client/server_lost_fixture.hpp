#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "client_test.hpp"

namespace multiconn::test {

inline constexpr const char* reconnecting = "NetConnection.Connect.Reconnecting";
inline constexpr const char* retrying = "NetStream.Publish.Retrying";
inline constexpr const char* started = "NetStream.Publish.Start";

/// A broadcast whose servers come and go. The simulated engine's random bits make every wait 53.2 % of its
/// longest: 133, 266, 532, 1064 ms ..
class ServerLost : public ClientTest {
 protected:
  ServerLost() { reconnects = true; }

  void begin(const std::vector<std::string>& hosts, ConnectOptions options = {}) {
    make(std::move(options));
    publishTo(hosts);
    stream.writeVideo(videoConfig());
    stream.writeAudio(audioConfig());
  }
  /// 25 pictures a second, with sound.
  void play(net::Duration span) {
    for (const net::TimePoint end = world.loop.now() + span; world.loop.now() < end; ++next) {
      writeFrame(next, next % 25 == 0 ? FrameKind::key : FrameKind::inter, size);
      world.loop.runFor(40ms);
    }
  }
  /// As long as it is not so.
  bool playUntil(const std::function<bool()>& done, net::Duration limit) {
    for (const net::TimePoint end = world.loop.now() + limit; world.loop.now() < end && !done();) play(40ms);
    return done();
  }
  ServerStats row(std::size_t server) const { return connection->stats()[server]; }
  ServerState state(std::size_t server) const { return row(server).state; }
  std::size_t countAt(std::size_t server, const std::string& code) const {
    std::size_t count = 0;
    for (const auto* list : {&statuses, &stream_statuses})
      for (const Status& status : *list)
        count += status.code == code && status.server == static_cast<ServerId>(server) ? 1U : 0U;
    return count;
  }
  std::vector<std::string> said(const std::string& code) const {
    std::vector<std::string> descriptions;
    for (const auto* list : {&statuses, &stream_statuses})
      for (const Status& status : *list)
        if (status.code == code) descriptions.push_back(status.description);
    return descriptions;
  }
  /// What the announcements of attempts have for a delay.
  std::vector<int> delays(const std::string& code = reconnecting) const {
    std::vector<int> list;
    for (const std::string& text : said(code)) {
      const std::size_t at = text.find(" follows in ");
      EXPECT_NE(at, std::string::npos) << text;
      if (at != std::string::npos) list.push_back(std::stoi(text.substr(at + 12)));
    }
    return list;
  }
  /// Everything that was said, statuses, outcomes and rows.
  std::string everything() const {
    std::string text;
    for (const auto* list : {&statuses, &stream_statuses})
      for (const Status& status : *list)
        text += status.code + " " + status.description + " " + status.url + "\n";
    if (outcome)
      for (const ServerOutcome& server : outcome->servers) text += server.url + " " + server.error + "\n";
    for (const ServerStats& one : connection->stats()) text += one.url + " " + one.error + "\n";
    return text;
  }

  std::uint32_t next = 0;
  std::size_t size = 64;
};

}  // namespace multiconn::test
