#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rtmp/message.hpp"
#include "rtmp/status_info.hpp"

namespace multiconn::rtmp::test {

inline RawMessage raw(MessageType type, Bytes body, std::uint32_t timestamp = 0,
                      std::uint32_t stream_id = 0) {
  return {static_cast<std::uint8_t>(type), timestamp, stream_id, makePayload(std::move(body))};
}

/// What the peer of the sender gets to see.
inline Message received(const OutMessage& message) {
  const RawMessage raw{static_cast<std::uint8_t>(message.type), message.timestamp, message.stream_id,
                       message.payload};
  return *decode(raw, Limits{});
}

inline Command commandIn(const OutMessage& message) {
  const Message decoded = received(message);
  const auto* command = std::get_if<Command>(&decoded.body);
  return command ? *command : Command{"(no command)", 0, nullptr, {}};
}

/// A command as the peer would send it.
inline Message incoming(std::string name, double transaction, std::vector<AmfValue> arguments,
                        std::uint32_t stream_id = 0, AmfValue object = nullptr) {
  return {0, stream_id, Command{std::move(name), transaction, std::move(object), std::move(arguments)}};
}

inline Message onStatus(std::uint32_t stream_id, std::string_view level, std::string_view code,
                        double transaction = 0) {
  return incoming("onStatus", transaction, {makeInfo(level, code, "description")}, stream_id);
}

/// "connect:1" for a command and its transaction, "publish:5@1" with its message stream, "control 3@1" for
/// user control and its value, "type 5" for others.
inline std::string described(const OutMessage& message) {
  const Message decoded = received(message);
  const std::string stream = decoded.stream_id == 0 ? "" : "@" + std::to_string(decoded.stream_id);
  if (const auto* command = std::get_if<Command>(&decoded.body)) {
    return command->name + ":" + std::to_string(static_cast<long>(command->transaction)) + stream;
  }
  if (const auto* control = std::get_if<UserControl>(&decoded.body)) {
    return "control " + std::to_string(static_cast<int>(control->event)) + "@" +
           std::to_string(control->value);
  }
  return "type " + std::to_string(static_cast<int>(message.type)) + stream;
}

inline std::vector<std::string> described(const std::vector<OutMessage>& messages) {
  std::vector<std::string> names;
  for (const OutMessage& message : messages) names.push_back(described(message));
  return names;
}

}  // namespace multiconn::rtmp::test
