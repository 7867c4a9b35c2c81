#include "librtmp/inbound.hpp"

#include <algorithm>

namespace multiconn::librtmp {

using rtmp::Error;
using rtmp::MessageType;

namespace {

bool isOf(const rtmp::RawMessage& raw, MessageType type) {
  return raw.type == static_cast<std::uint8_t>(type);
}

}  // namespace

Error Inbound::accept(const rtmp::RawMessage& raw, rtmp::TimePoint now, std::vector<rtmp::Message>& out) {
  if (!isOf(raw, MessageType::aggregate)) return acceptOne(raw, now, out);
  const auto parts = rtmp::splitAggregate(raw, limits_);
  if (!parts) return Error::none;
  for (const rtmp::RawMessage& part : *parts) {
    if (const Error error = acceptOne(part, now, out); error != Error::none) return error;
  }
  return Error::none;
}

Error Inbound::acceptOne(const rtmp::RawMessage& raw, rtmp::TimePoint now, std::vector<rtmp::Message>& out) {
  rtmp::Result<rtmp::Message> message = rtmp::decode(raw, limits_);
  if (!message) {
    const bool command = isOf(raw, MessageType::command_amf0) || isOf(raw, MessageType::command_amf3);
    return command ? message.error() : Error::none;
  }
  obey(*message, now);
  out.push_back(std::move(*message));
  return Error::none;
}

void Inbound::obey(const rtmp::Message& message, rtmp::TimePoint now) {
  if (const auto* window = std::get_if<rtmp::WindowAckSize>(&message.body)) {
    if (window->window != 0) ack_window_ = std::max(window->window, limits_.min_ack_window);
  } else if (const auto* bandwidth = std::get_if<rtmp::SetPeerBandwidth>(&message.body)) {
    // RTMP 1.0 5.4.5: answered by announcing that window, if it differs from the last one sent.
    if (bandwidth->window == 0 || bandwidth->window == announced_window_) return;
    announced_window_ = bandwidth->window;
    answer({.body = rtmp::WindowAckSize{announced_window_}});
  } else if (const auto* control = std::get_if<rtmp::UserControl>(&message.body)) {
    if (control->event == rtmp::UserControl::Event::ping_request) answerPing(control->value, now);
  }
}

void Inbound::answerPing(std::uint32_t time_ms, rtmp::TimePoint now) {
  if (pings_this_second_ == 0 || now - ping_second_ >= std::chrono::seconds(1)) {
    ping_second_ = now;
    pings_this_second_ = 0;
  }
  if (pings_this_second_ >= limits_.pings_per_second) return;
  ++pings_this_second_;
  answer({.body = rtmp::UserControl{rtmp::UserControl::Event::ping_response, time_ms}});
}

// Half a window early: some peers stop sending when the whole of it is unacknowledged.
void Inbound::received(std::uint64_t bytes) {
  if (ack_window_ == 0 || bytes - acknowledged_ < ack_window_ / 2) return;
  acknowledged_ = bytes;
  answer({.body = rtmp::Acknowledgement{static_cast<std::uint32_t>(bytes)}});
}

void Inbound::answer(const rtmp::Message& message) {
  if (rtmp::Result<rtmp::OutMessage> encoded = rtmp::encode(message)) answers_.push_back(std::move(*encoded));
}

}  // namespace multiconn::librtmp
