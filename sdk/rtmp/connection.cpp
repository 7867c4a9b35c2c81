#include "rtmp/connection.hpp"

#include <algorithm>

namespace multiconn::rtmp {
namespace {

bool isCommand(std::uint8_t type) {
  return type == static_cast<std::uint8_t>(MessageType::command_amf0) ||
         type == static_cast<std::uint8_t>(MessageType::command_amf3);
}

}  // namespace

Connection::Connection(Handshake::Role role, const Limits& limits,
                       const std::array<HandshakePacket, 2>& random, std::uint32_t time_ms,
                       HandshakeForm form)
    : limits_(limits),
      handshake_(role, random, time_ms, form),
      reader_(limits),
      pending_(handshake_.start()) {}

Error Connection::receive(BytesView bytes, TimePoint now, std::vector<Message>& out) {
  if (bytes.empty()) return Error::none;
  last_received_ = now;
  stats_.bytes_received += bytes.size();
  if (!handshake_.done()) {
    if (const Error error = handshake_.receive(bytes, pending_); error != Error::none) return error;
    if (!handshake_.done()) return Error::none;
  }
  raw_.clear();
  const Error broken = reader_.read(bytes, raw_);
  for (const RawMessage& raw : raw_) {  // what came before the broken chunk is still good
    if (const Error error = accept(raw, now, out); error != Error::none) return error;
    if (pending_.size() > limits_.max_pending_control) return Error::control_flood;
  }
  raw_.clear();
  if (broken != Error::none) return broken;
  acknowledge();
  return pending_.size() > limits_.max_pending_control ? Error::control_flood : Error::none;
}

Error Connection::accept(const RawMessage& raw, TimePoint now, std::vector<Message>& out) {
  if (raw.type == static_cast<std::uint8_t>(MessageType::aggregate)) return acceptAggregate(raw, now, out);
  Result<Message> message = decode(raw, limits_);
  if (!message) {
    if (isCommand(raw.type)) return message.error();
    ++stats_.malformed_messages;
    return Error::none;
  }
  obey(*message, now);
  out.push_back(std::move(*message));
  return Error::none;
}

Error Connection::acceptAggregate(const RawMessage& raw, TimePoint now, std::vector<Message>& out) {
  const Result<std::vector<RawMessage>> parts = splitAggregate(raw, limits_);
  if (!parts) {
    ++stats_.malformed_messages;
    return Error::none;
  }
  for (const RawMessage& part : *parts) {
    if (const Error error = accept(part, now, out); error != Error::none) return error;
  }
  return Error::none;
}

void Connection::obey(const Message& message, TimePoint now) {
  if (const auto* window = std::get_if<WindowAckSize>(&message.body)) {
    if (window->window != 0) ack_window_ = std::max(window->window, limits_.min_ack_window);
  } else if (const auto* bandwidth = std::get_if<SetPeerBandwidth>(&message.body)) {
    answerPeerBandwidth(bandwidth->window);
  } else if (const auto* ack = std::get_if<Acknowledgement>(&message.body)) {
    // The peer counts in 32 bits: what it added since the last time, over any wrap.
    stats_.bytes_acknowledged += ack->bytes - static_cast<std::uint32_t>(stats_.bytes_acknowledged);
  } else if (const auto* control = std::get_if<UserControl>(&message.body)) {
    if (control->event == UserControl::Event::ping_request) answerPing(control->value, now);
  }
}

// RTMP 1.0 5.4.5: answered by announcing that window, if it differs from the last one sent.
void Connection::answerPeerBandwidth(std::uint32_t window) {
  if (window != 0 && window != announced_window_) announceWindow(window);
}

void Connection::answerPing(std::uint32_t time_ms, TimePoint now) {
  if (pings_this_second_ == 0 || now - ping_second_ >= std::chrono::seconds(1)) {
    ping_second_ = now;
    pings_this_second_ = 0;
  }
  if (pings_this_second_ >= limits_.pings_per_second) return;
  ++pings_this_second_;
  appendControl({.body = UserControl{UserControl::Event::ping_response, time_ms}});
}

// Half a window early: some peers stop sending when the whole of it is unacknowledged.
void Connection::acknowledge() {
  if (ack_window_ == 0 || stats_.bytes_received - acknowledged_ < ack_window_ / 2) return;
  acknowledged_ = stats_.bytes_received;
  appendControl({.body = Acknowledgement{static_cast<std::uint32_t>(acknowledged_)}});
}

void Connection::announceChunkSize(std::uint32_t size) {
  appendControl({.body = SetChunkSize{size}});
  writer_.setChunkSize(size);
}

void Connection::announceWindow(std::uint32_t window) {
  announced_window_ = window;
  appendControl({.body = WindowAckSize{window}});
}

void Connection::ping(std::uint32_t time_ms) {
  appendControl({.body = UserControl{UserControl::Event::ping_request, time_ms}});
}

void Connection::appendControl(const Message& message) {
  const Result<OutMessage> encoded = encode(message);
  if (!encoded) return;
  writer_.compose(*encoded, control_);
  for (const BytesView slice : control_.slices()) ByteWriter(pending_).bytes(slice);
}

}  // namespace multiconn::rtmp
