#include <limits>

#include "fuzz/fuzz_input.hpp"
#include "rtmp/shared_object_message.hpp"

// Input: an odd byte for type 16, else an even one, then the body of a message of that type. What decodes and
// can be encoded means the same when it is decoded again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace multiconn::rtmp;
  BytesView input = fuzz::inputOf(data, size);
  const bool amf3 = fuzz::choice(input) % 2 == 1;
  const auto message = decodeSharedObject(input, amf3, Limits{});
  if (!message) return 0;
  fuzz::require(message->events.size() <= Limits{}.amf_values && message->amf3 == amf3);
  Bytes encoded;
  if (const Error error = encodeSharedObject(*message, encoded); error != Error::none) {
    fuzz::require(error == Error::amf_not_encodable && encoded.empty());
    return 0;
  }
  Limits wide;
  wide.amf_memory_constant = std::numeric_limits<std::uint32_t>::max();
  const auto again = decodeSharedObject(encoded, amf3, wide);
  fuzz::require(again && again->name == message->name && again->version == message->version &&
                again->persistent == message->persistent && again->events.size() == message->events.size());
  Bytes repeated;
  fuzz::require(encodeSharedObject(*again, repeated) == Error::none && repeated == encoded);
  return 0;
}
