#pragma once

#include <iosfwd>
#include <vector>

#include <multiconn/capture.hpp>

namespace publish {

/// What --list-devices prints: each device as INPUT, and what this FFmpeg can open besides.
void printDevices(const std::vector<multiconn::CaptureDevice>& devices,
                  const std::vector<multiconn::CaptureFormat>& formats, std::ostream& out);

}  // namespace publish
