#include "net/fake_transport.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::net::test {

rtmp::Bytes Wire::written() const {
  rtmp::Bytes all;
  for (const rtmp::Bytes& write : writes) all.insert(all.end(), write.begin(), write.end());
  return all;
}

void Wire::feed(rtmp::BytesView bytes) {
  incoming.insert(incoming.end(), bytes.begin(), bytes.end());
  if (const auto ready = std::exchange(readable, nullptr)) ready();
}

void Wire::end() {
  incoming_ended = true;
  if (const auto ready = std::exchange(readable, nullptr)) ready();
}

void Wire::drain(std::size_t bytes) {
  capacity += bytes;
  if (const auto ready = std::exchange(writable, nullptr)) ready();
}

IoResult FakeTransport::write(std::span<const rtmp::BytesView> slices) {
  IoResult result;
  result.error = wire_->write_error;
  if (result.error) return result;
  rtmp::Bytes taken;
  std::size_t room = std::min(wire_->capacity, wire_->per_write);
  for (const rtmp::BytesView slice : slices) {
    const auto part = slice.first(std::min(room, slice.size()));
    taken.insert(taken.end(), part.begin(), part.end());
    room -= part.size();
    result.would_block = result.would_block || part.size() < slice.size();
  }
  result.bytes = taken.size();
  if (wire_->capacity != SIZE_MAX) wire_->capacity -= taken.size();
  if (!taken.empty()) wire_->writes.push_back(std::move(taken));
  return result;
}

IoResult FakeTransport::read(std::span<std::byte> buffer) {
  IoResult result;
  result.bytes = std::min(buffer.size(), wire_->incoming.size());
  std::copy_n(wire_->incoming.begin(), result.bytes, buffer.begin());
  wire_->incoming.erase(wire_->incoming.begin(),
                        wire_->incoming.begin() + static_cast<std::ptrdiff_t>(result.bytes));
  if (result.bytes > 0) return result;
  result.error = wire_->read_error;
  result.ended = !result.error && wire_->incoming_ended;
  result.would_block = !result.error && !result.ended;
  return result;
}

void FakeTransport::waitReadable(std::function<void()> ready) {
  wire_->readable = std::move(ready);
}

void FakeTransport::close() {
  wire_->closed = true;
  wire_->readable = nullptr;
  wire_->writable = nullptr;
}

}  // namespace multiconn::net::test
