#pragma once

#include <cstddef>

namespace multiconn::test {

/// How often the calling thread has called sendmsg(2) so far.
std::size_t writeCountHere();
/// How often OpenSSL has allocated memory in the calling thread so far. None if it did not take the functions
/// that count.
std::size_t opensslAllocationCountHere();

}  // namespace multiconn::test
