#pragma once

#include <string>
#include <vector>

#include <multiconn/capture.hpp>

namespace multiconn::media {

/// Of one format; empty as well when it cannot list them.
std::vector<CaptureDevice> devicesOf(const std::string& format);

/// "; multiconn-publish --list-devices shows ...": how a sentence about a missing device ends.
inline constexpr const char* see_device_list = "; multiconn-publish --list-devices shows what there is";

}  // namespace multiconn::media
