#include "origin/shared_object_data.hpp"

#include <span>

#include "rtmp/amf0.hpp"
#include "rtmp/limits.hpp"
#include "rtmp/slot_value.hpp"

namespace multiconn::origin {

std::optional<std::size_t> encodedSize(const AmfValue& value) {
  if (!rtmp::within(value, rtmp::Limits().amf_depth)) return {};
  rtmp::Bytes bytes;
  const std::span one(&value, 1);
  if (rtmp::amf0::encode(one, bytes) != rtmp::Error::none &&
      rtmp::amf0::encodeWithAmf3(one, bytes) != rtmp::Error::none) {
    return {};
  }
  return bytes.size();
}

// The node, and the events on the wire that name the slot.
std::size_t slotOverhead(const std::string& name) {
  constexpr std::size_t node = 64;
  return name.size() + node;
}

}  // namespace multiconn::origin
