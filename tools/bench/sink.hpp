#pragma once

#include <string>

namespace multiconn::bench {

/// The receiving side of a measurement: answers handshake, connect, createStream and publish of every
/// connection, then discards what comes. Prints "port P", and when its standard input ends one line of JSON
/// with the connections and the bytes that arrived after Publish.Start. With a certificate (PEM files) it
/// speaks TLS, decrypts everything and counts what was in it. Returns the exit code.
int runSink(const std::string& record_file, const std::string& certificate_file = {},
            const std::string& key_file = {});

}  // namespace multiconn::bench
