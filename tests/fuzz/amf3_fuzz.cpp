#include "rtmp/amf3.hpp"

#include <limits>

#include "fuzz/fuzz_input.hpp"

namespace {

using namespace multiconn::rtmp;

Error encodeAll(const std::vector<multiconn::AmfValue>& values, Bytes& out) {
  for (const auto& value : values) {
    const std::size_t before = out.size();
    if (const Error error = amf3::encode(value, out); error != Error::none) {
      fuzz::require(out.size() == before);
      return error;
    }
  }
  return Error::none;
}

}  // namespace

// Input: values in AMF3 throughout. What decodes and can be encoded means the same when it is decoded again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto values = amf3::decode(fuzz::inputOf(data, size), Limits{});
  if (!values) return 0;
  Bytes encoded;
  if (const Error error = encodeAll(*values, encoded); error != Error::none) {
    fuzz::require(error == Error::amf_not_encodable);  // a value that contains itself, or a nameless property
    return 0;
  }
  Limits wide;  // the encoding may be shorter than the input, and with it what it is allowed to take
  wide.amf_memory_constant = std::numeric_limits<std::uint32_t>::max();
  const auto again = amf3::decode(encoded, wide);
  fuzz::require(static_cast<bool>(again));
  Bytes repeated;
  fuzz::require(encodeAll(*again, repeated) == Error::none);
  fuzz::require(repeated == encoded);  // bytes, because NaN does not equal itself
  return 0;
}
