#include "rtmp/client_session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "fuzz/session_input.hpp"
#include "rtmp/publisher_auth.hpp"
#include "rtmp/url.hpp"

namespace multiconn::rtmp {
namespace {

class Application {
 public:
  Application() { take(session_.connect(PublishRequest{"key?a=b", "live"})); }

  void receive(const Message& message) { take(session_.handle(message)); }

  void step(std::uint8_t what, std::uint8_t stream_id) {
    switch (what & 0xF) {
      case 0:
        return take(session_.publish({"other", "live"}));
      case 1:
        return take(session_.unpublish());
      case 2:
        return take(session_.play({"film", stream_id * 1000.0, 5000, stream_id % 2 == 0, 100}));
      case 3:
        return take(session_.stopPlay(stream_id));
      case 4:
        return call(stream_id);
      case 5:
        return session_.forgetCall(stream_id);
      case 6:
        return share(stream_id);
      case 7:
        return share(AmfValue::ByteArray{Bytes(stream_id)});
      default:
        return take(session_.prepare());
    }
  }

 private:
  void take(const ClientReaction& reaction) {
    fuzz::check(reaction.send);
    if (session_.publishing() != (session_.publishStreamId() != 0)) std::abort();
    for (const ClientEvent& event : reaction.events) {
      std::visit([this](const auto& e) { answer(e); }, event);
    }
  }

  void call(std::uint8_t argument) {
    ClientReaction reaction;
    double transaction = 0;
    const Error error = session_.call("doIt", {argument}, argument % 2 == 0, transaction, reaction);
    const bool full = error == Error::too_many_calls;
    if (error != Error::none && !full && session_.connected()) std::abort();
    fuzz::check(reaction.send);
  }
  void share(AmfValue value) {
    ClientReaction reaction;
    const Error error = session_.sendSharedObject(
        {"chat", 1, false, false, {{SharedObjectEvent::Kind::request_change, "x", std::move(value), {}, {}}}},
        reaction);
    if ((error == Error::none) != (reaction.send.size() == 1)) std::abort();
    fuzz::check(reaction.send);
  }

  void answer(const client_event::Called& called) {
    fuzz::check(session_.result(called.transaction, called.arguments).send);
    fuzz::check(session_.callFailed(called.transaction, called.method).send);
  }
  void answer(const client_event::SharedObjectReceived& received) {
    ClientReaction reaction;
    (void)session_.sendSharedObject(received.message, reaction);
    fuzz::check(reaction.send);
  }
  void answer(const client_event::CallAnswered& answered) {
    if (!(answered.transaction > 0)) std::abort();
  }
  void answer(const client_event::ConnectFailed& failed) {
    if (failed.redirect) follow(failed.redirect->url);
    const auto challenge = parseAuthChallenge(failed.status.description);
    if (!challenge) return;
    const std::string text = authParameters(*challenge, {"user", "password"}, "live", "0badcafe");
    const bool clean =
        std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) > 0x20; });
    if (!clean || text.empty() != (challenge->step == AuthChallenge::Step::refused)) std::abort();
  }
  void answer(const client_event::Redirected& redirected) { follow(redirected.redirect.url); }
  void answer(const client_event::ReconnectRequested& requested) { follow(requested.tc_url); }
  template <typename Event>
  void answer(const Event&) {}

  // What is resolved can be parsed again, and leaves no credentials with strangers.
  static void follow(std::string_view reference) {
    const Url base{"rtmps", "user", "secret", "host", 443, "live"};
    const UrlResult result = resolveUrl(base, reference);
    if (!result.url) return;
    const Url& url = *result.url;
    if (!parseUrl(url.tcUrl()).url) std::abort();
    if (url.password == "secret" && url.user == "user" && (url.host != base.host || !url.secure()))
      std::abort();
  }

  ClientSession session_{{"live", "rtmp://host/live", {}, true, {}, true}, {}};
};

}  // namespace
}  // namespace multiconn::rtmp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace multiconn::rtmp;
  fuzz::run<Application>(Handshake::Role::client, data, size);
  return 0;
}
