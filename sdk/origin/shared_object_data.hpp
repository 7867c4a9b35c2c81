#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include <multiconn/amf_value.hpp>

namespace multiconn::origin {

/// What a shared object holds. Changed on the strand only, under the mutex; other threads read under it, the
/// strand without.
struct SharedObjectData {
  struct Slot {
    AmfValue value;
    std::size_t bytes = 0;  ///< of the name and the encoded value
  };
  using Slots = std::map<std::string, Slot, std::less<>>;

  mutable std::mutex mutex;
  Slots slots;
  std::uint32_t version = 0;
  std::size_t bytes = 0;  ///< of all slots
  std::size_t subscribers = 0;
};

/// The encoded size of a value; nothing for one that no AMF can hold, or that is nested deeper than a peer
/// would take.
std::optional<std::size_t> encodedSize(const AmfValue& value);

/// What a slot takes besides its value.
std::size_t slotOverhead(const std::string& name);

}  // namespace multiconn::origin
