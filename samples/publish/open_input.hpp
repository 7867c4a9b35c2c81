#pragma once

#include <optional>

#include "publish/inbox.hpp"
#include "publish/options.hpp"
#include "publish/tracks.hpp"

namespace publish {

/// Opens the file, pipe, URL or devices, on a thread of its own: a pipe may be silent for ever, and a device
/// or the look-up of a name may hang where nothing can end it. Throws what that throws. Nothing: a signal
/// came first; the thread goes on, and uses `options` and `inbox` until the process has ended.
std::optional<Tracks> openInput(const Options& options, Inbox& inbox);

}  // namespace publish
