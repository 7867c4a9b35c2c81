#include "rtmp/amf0.hpp"

#include <limits>

#include "fuzz/fuzz_input.hpp"

// Input: a message body. What decodes and can be encoded means the same when it is decoded again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace multiconn::rtmp;
  const auto values = amf0::decode(fuzz::inputOf(data, size), Limits{});
  if (!values) return 0;
  Bytes encoded;
  if (const Error error = amf0::encode(*values, encoded); error != Error::none) {
    fuzz::require(error == Error::amf_not_encodable && encoded.empty());  // a value that contains itself
    return 0;
  }
  Limits wide;  // the encoding may be shorter than the input, and with it what it is allowed to take
  wide.amf_memory_constant = std::numeric_limits<std::uint32_t>::max();
  const auto again = amf0::decode(encoded, wide);
  fuzz::require(static_cast<bool>(again));
  Bytes repeated;
  fuzz::require(amf0::encode(*again, repeated) == Error::none);
  fuzz::require(repeated == encoded);  // bytes, because NaN does not equal itself
  return 0;
}
