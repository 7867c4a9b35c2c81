#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "net/transport.hpp"

namespace multiconn::chaos {

/// A way on which only so many bytes get written. The writer does not notice.
class CutShort final : public net::Transport {
 public:
  /// `reached`: once, from inside the write() that wrote the last of them.
  CutShort(std::unique_ptr<net::Transport> way, std::size_t bytes, std::function<void()> reached)
      : way_(std::move(way)), left_(bytes), reached_(std::move(reached)) {}

  net::IoResult write(std::span<const rtmp::BytesView> slices) override {
    std::vector<rtmp::BytesView> parts;
    std::size_t all = 0;
    for (const rtmp::BytesView slice : slices) {
      all += slice.size();
      parts.push_back(slice.first(std::min(left_, slice.size())));
      left_ -= parts.back().size();
    }
    net::IoResult result = way_->write(parts);
    if (!result.error) result.bytes = all;
    if (left_ == 0 && reached_) std::exchange(reached_, nullptr)();
    return result;
  }
  net::IoResult read(std::span<std::byte> buffer) override { return way_->read(buffer); }
  void waitReadable(std::function<void()> ready) override { way_->waitReadable(std::move(ready)); }
  void waitWritable(std::function<void()> ready) override { way_->waitWritable(std::move(ready)); }
  void shutdownWrite() override { way_->shutdownWrite(); }
  void close() override { way_->close(); }
  net::TransportFigures figures() const override { return way_->figures(); }

 private:
  std::unique_ptr<net::Transport> way_;
  std::size_t left_;
  std::function<void()> reached_;
};

}  // namespace multiconn::chaos
