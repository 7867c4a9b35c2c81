// In a file of its own: inlined next to its callers, GCC takes new and free for a mismatch.
#include "net/counted_allocations.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::size_t> allocations = 0;
thread_local std::size_t allocations_here = 0;

void count() {
  ++allocations;
  ++allocations_here;
}
}  // namespace

void* operator new(std::size_t size) {
  count();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  count();
  return std::malloc(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}

namespace multiconn::net::test {

std::size_t allocationCount() {
  return allocations;
}

std::size_t allocationCountHere() {
  return allocations_here;
}

}  // namespace multiconn::net::test
