#pragma once

#include <string>

namespace multiconn::bench {

/// The receiving side of a measurement: answers handshake, connect, createStream and publish of every
/// connection, then discards what comes. Prints "port P", and when its standard input ends one line of JSON
/// with the connections and the bytes that arrived after Publish.Start. Returns the exit code.
int runSink(const std::string& record_file);

}  // namespace multiconn::bench
