#include "rtmp/client_session.hpp"

#include <cstddef>
#include <cstdint>

#include "fuzz/session_input.hpp"

namespace multiconn::rtmp {
namespace {

class Application {
 public:
  Application() { take(session_.connect(PublishRequest{"key?a=b", "live"})); }

  void receive(const Message& message) { take(session_.handle(message)); }

  void step(std::uint8_t what, std::uint8_t stream_id) {
    switch (what & 0x3) {
      case 0:
        return take(session_.publish({"other", "live"}));
      case 1:
        return take(session_.unpublish());
      case 2:
        return take(session_.play({"film", stream_id * 1000.0, 5000, stream_id % 2 == 0, 100}));
      default:
        return take(session_.stopPlay(stream_id));
    }
  }

 private:
  void take(const ClientReaction& reaction) {
    fuzz::check(reaction.send);
    if (session_.publishing() != (session_.publishStreamId() != 0)) std::abort();
    for (const ClientEvent& event : reaction.events) {
      if (const auto* call = std::get_if<client_event::Called>(&event)) {
        fuzz::check(session_.result(call->transaction, call->arguments).send);
      }
    }
  }

  ClientSession session_{{"live", "rtmp://host/live", {}, true, {}}, {}};
};

}  // namespace
}  // namespace multiconn::rtmp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace multiconn::rtmp;
  Application application;
  fuzz::feed(
      Handshake::Role::client, std::as_bytes(std::span(data, size)),
      [&](const Message& message) { application.receive(message); },
      [&](std::uint8_t what, std::uint8_t stream_id) { application.step(what, stream_id); });
  return 0;
}
