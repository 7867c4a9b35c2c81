#pragma once

#include <string>
#include <string_view>

#include <multiconn/amf_value.hpp>

#include "rtmp/limits.hpp"

namespace multiconn::rtmp {

/// The info object of onStatus, _result and _error.
struct StatusInfo {
  std::string code, level, description;
  AmfValue info;  ///< the whole object as received

  /// Peers differ in case; decided by level, and by code only where the level is missing.
  bool isError() const;
};

/// From any value: members that are missing or of another type stay empty, control characters are replaced,
/// and the texts are cut to Limits::max_status_text.
StatusInfo statusInfo(const AmfValue& value, const Limits& limits = {});

/// {level, code, description, details...} as servers send it.
AmfValue makeInfo(std::string_view level, std::string_view code, std::string_view description,
                  const AmfObject& details = {});

}  // namespace multiconn::rtmp
