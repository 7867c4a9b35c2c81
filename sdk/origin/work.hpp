#pragma once

#include <cstddef>

namespace multiconn::origin {

// What things cost besides the message that asks for them, for ClientConnection::spend(); the unit is about
// the work of sending one small message.
constexpr std::size_t stream_work = 16, file_work = 64;
/// So many bytes handed to a socket, or made into messages or out of a file, cost one.
constexpr std::size_t sent_bytes_per_work = 4096, made_bytes_per_work = 512;

}  // namespace multiconn::origin
