#pragma once

#include <optional>
#include <string>

#include "rtmp/limits.hpp"
#include "rtmp/media_body.hpp"
#include "rtmp/message.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::origin {

/// A publisher's message, or a file's, as it goes out to players; the body is shared with what was received.
struct RelayMessage {
  rtmp::QueuedMessage out;               ///< `stream_id` is each player's own matter
  std::optional<rtmp::MediaBody> media;  ///< nothing for data, and for bodies that nobody here understands

  bool isFrame() const { return out.kind == rtmp::QueuedMessage::Class::audio || isVideoFrame(); }
  bool isVideoFrame() const { return out.kind == rtmp::QueuedMessage::Class::video; }
  bool isConfig() const { return out.kind == rtmp::QueuedMessage::Class::config; }
};

/// Audio, video or data. Bodies that do not parse are relayed all the same: the player may know more than we
/// do.
RelayMessage relayBody(rtmp::MessageType type, std::uint32_t timestamp, rtmp::Payload body,
                       rtmp::TimePoint now);

/// What a publisher's data message asks for (NetStream.send; "@setDataFrame" and "@clearDataFrame" of
/// encoders).
struct RelayData {
  enum class Action : std::uint8_t {
    relay,  ///< to the players of now
    store,  ///< to them, and to everybody who joins later
    erase,  ///< what was stored under `name`; nobody is told
  };
  Action action = Action::relay;
  std::string name;  ///< the handler's: "onMetaData" for one
  RelayMessage message;
};
/// Nothing for an empty body, and for commands to the store that name nothing.
std::optional<RelayData> relayData(const rtmp::Message& message, const rtmp::Data& data, rtmp::TimePoint now);

}  // namespace multiconn::origin
