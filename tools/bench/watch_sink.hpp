#pragma once

namespace multiconn::bench {

/// A server that accepts every publisher, and notes each frame it gets. Prints "port P". Told "swallow" on
/// its standard input, it hears nothing any more of those who are connected (see ServerEnd::swallow()), and
/// says "swallowing" and nowMicroseconds(). At the end of its standard input it prints one line for each
/// frame, see frame_log.hpp.
///
/// `stall`: of streams but that of number 0 (streamName()) it reads nothing once it has accepted them.
int runWatchSink(bool stall);

}  // namespace multiconn::bench
