#include "client/counted_calls.hpp"

#include <dlfcn.h>
#include <openssl/crypto.h>
#include <sys/socket.h>

#include <cstdlib>

namespace {

thread_local std::size_t writes_here = 0;
thread_local std::size_t allocations_here = 0;

void* allocate(std::size_t size, const char*, int) {
  ++allocations_here;
  return std::malloc(size);
}
void* reallocate(void* memory, std::size_t size, const char*, int) {
  ++allocations_here;
  return std::realloc(memory, size);
}
void release(void* memory, const char*, int) {
  std::free(memory);
}

// Before main: OpenSSL takes them only as long as it has not allocated.
[[maybe_unused]] const int taken = CRYPTO_set_mem_functions(allocate, reallocate, release);

}  // namespace

// In the place of the C library's, which it calls.
extern "C" ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static const auto original = reinterpret_cast<decltype(&sendmsg)>(dlsym(RTLD_NEXT, "sendmsg"));
  ++writes_here;
  return original(descriptor, message, flags);
}

namespace multiconn::test {

std::size_t writeCountHere() {
  return writes_here;
}

std::size_t opensslAllocationCountHere() {
  return allocations_here;
}

}  // namespace multiconn::test
