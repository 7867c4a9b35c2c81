#pragma once

#include <string>
#include <vector>

#include "net/link.hpp"

namespace multiconn::net::test {

/// The tests of links are built once for each engine.
inline constexpr LinkEngine engine_under_test = LinkEngine::MULTICONN_TEST_ENGINE;

/// Keeps what a link told.
struct LinkRecorder : LinkEvents {
  void opened() override { ++opens; }
  void message(rtmp::Message message) override { messages.push_back(std::move(message)); }
  void writable() override { ++writables; }
  void closed(LinkFailure failure) override { failures.push_back(std::move(failure)); }

  bool ended() const { return !failures.empty(); }
  bool hasCommand(const std::string& name) const {
    for (const rtmp::Message& message : messages) {
      const auto* command = std::get_if<rtmp::Command>(&message.body);
      if (command && command->name == name) return true;
    }
    return false;
  }

  int opens = 0;
  int writables = 0;
  std::vector<rtmp::Message> messages;
  std::vector<LinkFailure> failures;
};

inline LinkTarget target(const std::string& scheme, const std::string& host, std::uint16_t port,
                         TlsOptions tls = {}) {
  LinkTarget target;
  target.url.scheme = scheme;
  target.url.host = host;
  target.url.port = port;
  target.url.app = "live";
  target.tls = std::move(tls);
  target.engine = engine_under_test;
  return target;
}

/// connect, and what a publisher pipelines behind it.
inline std::vector<rtmp::OutMessage> openingMessages() {
  AmfObject object;
  object.set("app", AmfValue("live"));
  object.set("tcUrl", AmfValue("rtmp://127.0.0.1/live"));
  return {rtmp::command(0, "connect", 1, AmfValue(object)), rtmp::command(0, "createStream", 2, nullptr)};
}

}  // namespace multiconn::net::test
