#include "rtmp/amf0.hpp"

#include <limits>

#include "fuzz/fuzz_input.hpp"

namespace {

using namespace multiconn::rtmp;

using Encode = Error (*)(std::span<const multiconn::AmfValue> values, Bytes& out);

void encodeAgain(const std::vector<multiconn::AmfValue>& values, Encode encode) {
  Bytes encoded;
  if (const Error error = encode(values, encoded); error != Error::none) {
    // A value that contains itself, or one that this version lacks.
    fuzz::require(error == Error::amf_not_encodable && encoded.empty());
    return;
  }
  Limits wide;  // the encoding may be shorter than the input, and with it what it is allowed to take
  wide.amf_memory_constant = std::numeric_limits<std::uint32_t>::max();
  const auto again = amf0::decode(encoded, wide);
  fuzz::require(static_cast<bool>(again));
  Bytes repeated;
  fuzz::require(encode(*again, repeated) == Error::none);
  fuzz::require(repeated == encoded);  // bytes, because NaN does not equal itself
}

}  // namespace

// Input: a message body. What decodes and can be encoded means the same when it is decoded again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto values = amf0::decode(fuzz::inputOf(data, size), Limits{});
  if (!values) return 0;
  encodeAgain(*values, amf0::encode);
  encodeAgain(*values, amf0::encodeWithAmf3);
  return 0;
}
