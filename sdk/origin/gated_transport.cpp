#include "origin/gated_transport.hpp"

#include <algorithm>
#include <utility>

namespace multiconn::origin {
namespace {

constexpr std::size_t smallest_piece = 4 * 1024, largest_piece = 64 * 1024;

}  // namespace

GatedTransport::GatedTransport(net::Scheduler& scheduler, std::unique_ptr<net::Transport> inner)
    : scheduler_(scheduler), inner_(std::move(inner)), piece_(largest_piece) {}

void GatedTransport::shut() {
  shut_ = true;
  piece_ = smallest_piece;
}

void GatedTransport::open() {
  if (!std::exchange(shut_, false) || !waiting_) return;
  scheduler_.post([this, weak = std::weak_ptr(alive_)] {
    if (weak.expired() || !waiting_) return;
    std::exchange(waiting_, nullptr)();
  });
}

// The last bytes by themselves: their reader may shut the gate over them, and must not hear of the end before
// it is through with them.
net::IoResult GatedTransport::read(std::span<std::byte> buffer) {
  if (shut_) return {.would_block = true};
  if (end_) return *end_;
  net::IoResult result = inner_->read(buffer.first(std::min(buffer.size(), piece_)));
  piece_ = std::min(piece_ * 2, largest_piece);
  if (result.bytes > 0 && (result.ended || result.error)) {
    end_ = net::IoResult{.ended = result.ended, .error = result.error};
    return {.bytes = result.bytes};
  }
  return result;
}

void GatedTransport::waitReadable(std::function<void()> ready) {
  if (shut_) {
    waiting_ = std::move(ready);
  } else {
    inner_->waitReadable(std::move(ready));
  }
}

void GatedTransport::close() {
  alive_.reset();
  waiting_ = nullptr;
  inner_->close();
}

}  // namespace multiconn::origin
