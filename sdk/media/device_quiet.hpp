#pragma once

namespace multiconn::media {

/// What goes wrong with a device is told in our own words: FFmpeg's log and what ALSA's library writes to
/// standard error are turned off, unless the application has chosen a log level of FFmpeg.
void quietDevices();

}  // namespace multiconn::media
