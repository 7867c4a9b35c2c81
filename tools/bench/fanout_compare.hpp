#pragma once

#include "fanout.hpp"

namespace multiconn::bench {

/// The same input to the same number of sinks by us, by a bare loop of send(2), by librtmp in one thread and
/// by FFmpeg's tee muxer without and with fifo, in one run: processor seconds per gigabyte that arrived, as
/// multiples of ours; and, paced, with a second server that stops reading, what the first one got and when.
/// Takes the file, counts, modes, runs, megabytes, paced_seconds and json. 3 when librtmp as
/// it comes or FFmpeg takes less than ours, or ours loses frames beside the server that has stopped.
int runFanoutCompare(const FanoutOptions& options);

}  // namespace multiconn::bench
