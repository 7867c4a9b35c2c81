#pragma once

#include <span>
#include <vector>

#include <multiconn/amf_value.hpp>

#include "rtmp/bytes.hpp"
#include "rtmp/error.hpp"
#include "rtmp/limits.hpp"

namespace multiconn::rtmp::amf0 {

/// Every value of one message body, which share one reference table (AMF0 2.9). An object without its end
/// marker at the very end of the body is accepted: some encoders omit it.
Result<std::vector<AmfValue>> decode(BytesView body, const Limits& limits);

/// Appends the values. Strings above 65535 bytes become long strings. Fails, and appends nothing, for
/// AmfValue::Reference and for names or counts the format cannot hold.
Error encode(std::span<const AmfValue> values, Bytes& out);

}  // namespace multiconn::rtmp::amf0
