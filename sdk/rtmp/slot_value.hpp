#pragma once

#include <cstddef>
#include <optional>

#include <multiconn/amf_value.hpp>

namespace multiconn::rtmp {

/// What a slot of a shared object holds; none: there is no such slot.
using SlotValue = std::optional<AmfValue>;

/// Null and undefined in a slot mean that it is not there (Red5 says Remove where crtmpserver says null).
SlotValue slotValue(AmfValue value);

/// Whether two values are the same to those who share them. Servers keep values in types of their own and
/// give them back changed: crtmpserver makes a strict array an ECMA array, Red5 a typed object a plain one.
/// So objects and arrays are compared by their names and values, whatever their kind, class and order; NaN
/// equals NaN, null equals undefined, and dates are compared without their zone.
bool sameValue(const AmfValue& a, const AmfValue& b);
bool sameValue(const SlotValue& a, const SlotValue& b);

/// About how many bytes of memory it takes. Recurses as deep as the value is.
std::size_t footprint(const AmfValue& value);
std::size_t footprint(const SlotValue& value);

/// Whether it has at most this many levels; a number has one.
bool within(const AmfValue& value, std::size_t levels);

}  // namespace multiconn::rtmp
