#pragma once

#include <cstdint>
#include <variant>

#include <multiconn/amf_value.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"

namespace multiconn::rtmp {

/// What the encoders of both formats have in common. `Encoder` derives from it and has an operator() for each
/// type of value; `Marker` is its format's.
template <typename Encoder, typename Marker>
class AmfEncoder {
 public:
  explicit AmfEncoder(Bytes& out) : out_(out) {}

  Error encode(const AmfValue& value) {
    std::visit(static_cast<Encoder&>(*this), value.variant());
    return error_;
  }
  void operator()(AmfValue::Undefined) { marker(Marker::undefined); }
  void operator()(AmfValue::Null) { marker(Marker::null); }

 protected:
  ByteWriter& marker(Marker marker) { return out_.u8(static_cast<std::uint8_t>(marker)); }
  void fail() { error_ = Error::amf_not_encodable; }

  ByteWriter out_;
  Error error_ = Error::none;
};

/// `write` appends to `out`, or fails and leaves it as it was.
template <typename Write>
Error writeOrNothing(Bytes& out, Write write) {
  const std::size_t before = out.size();
  const Error error = write();
  if (error != Error::none) out.resize(before);
  return error;
}

}  // namespace multiconn::rtmp
