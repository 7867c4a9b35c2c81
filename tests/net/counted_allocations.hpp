#pragma once

#include <cstddef>

namespace multiconn::net::test {

/// How often this program has called operator new so far, in all threads.
std::size_t allocationCount();
/// The same of the calling thread.
std::size_t allocationCountHere();

}  // namespace multiconn::net::test
