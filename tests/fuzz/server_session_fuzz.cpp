#include "rtmp/server_session.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

#include "fuzz/session_input.hpp"

namespace multiconn::rtmp {
namespace {

class Application {
 public:
  void receive(const Message& message) {
    if (!closed_) take(session_.handle(message));
  }

  void step(std::uint8_t what, std::uint8_t stream_id) {
    switch (what & 0xF) {
      case 0:
        deciding_ = !deciding_;
        return take(session_.acceptConnect());
      case 1:
        return take(session_.rejectPublish(stream_id, "NetStream.Publish.BadName", "in use"));
      case 2:
        return take(session_.acceptPlay(stream_id, true));
      case 3:
        return take(session_.rejectPlay(stream_id, "NetStream.Play.StreamNotFound", "no"));
      case 4:
        return take(session_.publisherLeft(stream_id));
      case 5:
        return take(session_.publisherCame(stream_id));
      case 6:
        return take(session_.playComplete(stream_id));
      case 7:
        return call(stream_id);
      case 8:
        return session_.forgetCall(stream_id);
      case 9:
        return take(
            session_.status(stream_id, "error", "NetStream.Publish.Rejected", "elsewhere",
                            {{"tcUrl", name_}, {"ex", AmfObject{{"code", 302}, {"redirect", name_}}}}));
      default:
        return take(session_.rejectConnect("NetConnection.Connect.Rejected", "no", AmfObject{{"code", 302}}));
    }
  }

 private:
  void take(const ServerReaction& reaction) {
    fuzz::check(reaction.send);
    if (reaction.close != Error::none) closed_ = true;
    for (const ServerEvent& event : reaction.events) std::visit([this](const auto& e) { answer(e); }, event);
  }

  void call(std::uint8_t argument) {
    ServerReaction reaction;
    double transaction = 0;
    AmfValue value = argument % 3 == 0 ? AmfValue(AmfValue::ByteArray{Bytes(argument)}) : AmfValue(argument);
    const Error error = session_.call("hello", {std::move(value)}, argument % 2 == 0, transaction, reaction);
    if ((error == Error::none) != (reaction.send.size() == 1)) std::abort();
    fuzz::check(reaction.send);
  }

  void answer(const server_event::ConnectRequested& event) {
    if (event.app.size() > Limits{}.max_name) std::abort();
    if (!deciding_) take(session_.acceptConnect());
  }
  void answer(const server_event::PublishRequested& event) {
    if (event.name.empty() || event.name.size() > Limits{}.max_name) std::abort();
    name_ = event.name;
    if (event.stream_id % 2 == 1) take(session_.acceptPublish(event.stream_id));
  }
  void answer(const server_event::PlayRequested& event) {
    const bool known = event.start_ms >= 0 || event.start_ms == -1000 || event.start_ms == -2000;
    if (event.name.empty() || !known || !(event.duration_ms >= -1)) std::abort();
    if (event.stream_id % 2 == 1) take(session_.acceptPlay(event.stream_id, false));
  }
  void answer(const server_event::SeekRequested& event) {
    if (!(event.time_ms >= 0)) std::abort();
  }
  void answer(const server_event::Called& event) {
    take(session_.result(event.transaction, event.arguments));
    take(session_.callFailed(event.transaction, event.method));
  }
  void answer(const server_event::CallAnswered& event) {
    if (!(event.transaction > 0)) std::abort();
  }
  void answer(const server_event::SharedObjectReceived& event) {
    if (!session_.connected()) std::abort();
    ServerReaction reaction;
    (void)session_.sendSharedObject(event.message, reaction);
    fuzz::check(reaction.send);
  }
  template <typename Event>
  void answer(const Event&) {}

  ServerSession session_{Limits{}};
  std::string name_;  // of the last publish
  bool deciding_ = false;
  bool closed_ = false;
};

}  // namespace
}  // namespace multiconn::rtmp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace multiconn::rtmp;
  fuzz::run<Application>(Handshake::Role::server, data, size);
  return 0;
}
