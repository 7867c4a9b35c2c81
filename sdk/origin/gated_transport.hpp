#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "net/scheduler.hpp"
#include "net/transport.hpp"

namespace multiconn::origin {

/// A transport whose reading can be held back: what the peer goes on to send stays in its socket, and the
/// peer has to wait. After that it is read in smaller pieces for a while.
class GatedTransport final : public net::Transport {
 public:
  GatedTransport(net::Scheduler& scheduler, std::unique_ptr<net::Transport> inner);

  void shut();
  void open();

  net::IoResult write(std::span<const rtmp::BytesView> slices) override { return inner_->write(slices); }
  net::IoResult read(std::span<std::byte> buffer) override;
  void waitReadable(std::function<void()> ready) override;
  void waitWritable(std::function<void()> ready) override { inner_->waitWritable(std::move(ready)); }
  void shutdownWrite() override { inner_->shutdownWrite(); }
  void close() override;
  net::TransportFigures figures() const override { return inner_->figures(); }

 private:
  net::Scheduler& scheduler_;
  std::unique_ptr<net::Transport> inner_;
  bool shut_ = false;
  std::size_t piece_;                 // what is read at once
  std::optional<net::IoResult> end_;  // of the stream, to be told behind its last bytes
  std::function<void()> waiting_;     // the reader, while shut
  std::shared_ptr<int> alive_ = std::make_shared<int>();
};

}  // namespace multiconn::origin
