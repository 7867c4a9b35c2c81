#include "origin/shared_object_encoding.hpp"

#include <cstddef>
#include <iterator>
#include <span>
#include <utility>

#include "rtmp/amf0.hpp"

namespace multiconn::origin {
namespace {

// Peers commonly refuse more than a megabyte.
constexpr std::size_t most_bytes = 768 * 1024;

// AMF0 lacks byte arrays, vectors and dictionaries; AMF3 lacks "unsupported".
void makeEncodable(AmfValue& value, bool amf3) {
  rtmp::Bytes scratch;
  const std::span one(&value, 1);
  const auto error = amf3 ? rtmp::amf0::encodeWithAmf3(one, scratch) : rtmp::amf0::encode(one, scratch);
  if (error == rtmp::Error::none) return;
  value = amf3 ? AmfValue() : AmfValue(AmfValue::Unsupported{});
}

void makeEncodable(rtmp::SharedObjectMessage& message) {
  for (rtmp::SharedObjectEvent& event : message.events) {
    makeEncodable(event.value, message.amf3);
    for (AmfValue& value : event.values) makeEncodable(value, message.amf3);
  }
}

std::optional<rtmp::OutMessage> encode(const rtmp::SharedObjectMessage& message) {
  auto out = rtmp::encode({0, 0, message});
  if (!out) return {};
  return std::move(*out);
}

// Halves of halves, until each is small enough: an object has a bounded number of slots.
void appendSplit(rtmp::SharedObjectMessage message, std::vector<rtmp::OutMessage>& out) {
  auto encoded = encode(message);
  if (!encoded) return;
  if (encoded->payload->size() <= most_bytes || message.events.size() < 2) {
    out.push_back(std::move(*encoded));
    return;
  }
  rtmp::SharedObjectMessage second = message;
  const auto middle = static_cast<std::ptrdiff_t>(message.events.size() / 2);
  message.events.erase(message.events.begin() + middle, message.events.end());
  second.events.erase(second.events.begin(), second.events.begin() + middle);
  appendSplit(std::move(message), out);
  appendSplit(std::move(second), out);
}

}  // namespace

std::vector<rtmp::OutMessage> encodeForClients(rtmp::SharedObjectMessage message) {
  auto whole = encode(message);
  if (!whole) {
    makeEncodable(message);
    whole = encode(message);
  }
  std::vector<rtmp::OutMessage> messages;
  if (whole && whole->payload->size() <= most_bytes) {
    messages.push_back(std::move(*whole));
  } else {
    appendSplit(std::move(message), messages);
  }
  return messages;
}

const std::vector<rtmp::OutMessage>& SharedObjectEncodings::of(bool amf3) {
  auto& encoded = amf3 ? amf3_ : amf0_;
  if (!encoded) {
    rtmp::SharedObjectMessage message = message_;
    message.amf3 = amf3;
    encoded = encodeForClients(std::move(message));
  }
  return *encoded;
}

}  // namespace multiconn::origin
