#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/amf_value.hpp>

namespace multiconn::rtmp {

/// What an answer or a status carries: undefined when it carries nothing.
inline AmfValue firstArgument(const std::vector<AmfValue>& arguments) {
  return arguments.empty() ? AmfValue() : arguments.front();
}

/// A peer's command arguments by position: null when there are fewer, or the one there is of another type.
class CommandArguments {
 public:
  explicit CommandArguments(const std::vector<AmfValue>& values) : values_(values) {}

  const AmfValue* any(std::size_t index) const { return index < values_.size() ? &values_[index] : nullptr; }
  const std::string* string(std::size_t index) const {
    const AmfValue* value = any(index);
    return value ? value->string() : nullptr;
  }
  const bool* boolean(std::size_t index) const {
    const AmfValue* value = any(index);
    return value ? value->boolean() : nullptr;
  }
  /// Neither NaN nor infinite.
  std::optional<double> number(std::size_t index) const {
    const AmfValue* value = any(index);
    const double* number = value ? value->number() : nullptr;
    if (!number || !std::isfinite(*number)) return {};
    return *number;
  }
  /// A whole number from 1 to 2^31, the range that every implementation holds.
  std::optional<std::uint32_t> streamId(std::size_t index) const {
    const auto id = number(index);
    if (!id || *id < 1 || *id > 2147483648.0 || *id != std::floor(*id)) return {};
    return static_cast<std::uint32_t>(*id);
  }

 private:
  const std::vector<AmfValue>& values_;
};

}  // namespace multiconn::rtmp
