#include "balancer/taped_transport.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace multiconn::balancer {
namespace {

// connect, and what clients pipeline behind it.
constexpr std::size_t max_bytes = 64 * 1024;

net::IoResult gone() {
  return {.error = std::make_error_code(std::errc::not_connected)};
}

}  // namespace

class Tape::Reader final : public net::Transport {
 public:
  explicit Reader(std::shared_ptr<Tape> tape) : tape_(std::move(tape)) {}

  net::IoResult write(std::span<const rtmp::BytesView> slices) override {
    return tape_->socket_ ? tape_->socket_->write(slices) : gone();
  }

  net::IoResult read(std::span<std::byte> buffer) override {
    if (!tape_->socket_) return gone();
    if (tape_->paused_) return {.would_block = true};
    if (tape_->keeping_) buffer = buffer.first(std::min(buffer.size(), room()));
    if (buffer.empty()) return {.error = std::make_error_code(std::errc::no_buffer_space)};
    const net::IoResult result = tape_->socket_->read(buffer);
    if (tape_->keeping_) keep(buffer.first(result.bytes));
    return result;
  }

  void waitReadable(std::function<void()> ready) override {
    if (tape_->paused_)
      tape_->ready_ = std::move(ready);
    else if (tape_->socket_)
      tape_->socket_->waitReadable(std::move(ready));
  }
  void waitWritable(std::function<void()> ready) override {
    if (tape_->socket_) tape_->socket_->waitWritable(std::move(ready));
  }
  void shutdownWrite() override {
    if (tape_->socket_) tape_->socket_->shutdownWrite();
  }
  void close() override {
    if (tape_->socket_) tape_->socket_->close();
  }
  net::TransportFigures figures() const override {
    return tape_->socket_ ? tape_->socket_->figures() : net::TransportFigures{};
  }

 private:
  std::size_t room() const { return tape_->handshake_left_ + max_bytes - tape_->bytes_.size(); }
  void keep(rtmp::BytesView bytes) {
    const std::size_t handshake = std::min(bytes.size(), tape_->handshake_left_);
    tape_->handshake_left_ -= handshake;
    bytes = bytes.subspan(handshake);
    tape_->bytes_.insert(tape_->bytes_.end(), bytes.begin(), bytes.end());
  }

  std::shared_ptr<Tape> tape_;
};

std::unique_ptr<net::Transport> Tape::transport(std::shared_ptr<Tape> tape) {
  return std::make_unique<Reader>(std::move(tape));
}

void Tape::resume() {
  paused_ = false;
  stopKeeping();
  if (ready_ && socket_) socket_->waitReadable(std::exchange(ready_, nullptr));
}

void Tape::stopKeeping() {
  keeping_ = false;
  bytes_ = {};
}

}  // namespace multiconn::balancer
