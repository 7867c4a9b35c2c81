#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace multiconn::origin {

/// Where the recording of a stream lies: data_dir/app[/instance]/name.flv. Nothing when data_dir is empty or
/// a part must not become a file name: empty, above 200 bytes, beginning with a dot, or holding a slash,
/// backslash or control character. A folder's must not end as a recording's does, in .flv or .flv.part.
std::optional<std::filesystem::path> recordingPath(const std::filesystem::path& data_dir,
                                                   std::string_view app, std::string_view name);

/// The name of a recording that broke off and was kept, NAME.broken-<n>: to be played, never written.
bool namesBrokenRecording(std::string_view name);

}  // namespace multiconn::origin
