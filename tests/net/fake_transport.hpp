#pragma once

#include <memory>
#include <string>
#include <vector>

#include "net/transport.hpp"

namespace multiconn::net::test {

/// The test's end of a FakeTransport; lives on when the transport is gone.
struct Wire {
  std::vector<rtmp::Bytes> writes;   ///< one entry per write() that moved bytes
  std::size_t capacity = SIZE_MAX;   ///< bytes the "socket" still takes
  std::size_t per_write = SIZE_MAX;  ///< bytes that one write() takes at most
  std::error_code write_error;
  rtmp::Bytes incoming;  ///< not read yet
  bool incoming_ended = false;
  std::error_code read_error;
  TransportFigures figures;  ///< as the socket would have them
  bool write_shut = false;
  bool closed = false;
  std::function<void()> readable;
  std::function<void()> writable;

  /// What was written so far, in one piece.
  rtmp::Bytes written() const;
  /// Makes bytes readable and tells so.
  void feed(rtmp::BytesView bytes);
  void end();
  /// Makes room and tells so.
  void drain(std::size_t bytes);
};

/// A Transport whose socket is the test.
class FakeTransport final : public Transport {
 public:
  explicit FakeTransport(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

  IoResult write(std::span<const rtmp::BytesView> slices) override;
  IoResult read(std::span<std::byte> buffer) override;
  void waitReadable(std::function<void()> ready) override;
  void waitWritable(std::function<void()> ready) override { wire_->writable = std::move(ready); }
  void shutdownWrite() override { wire_->write_shut = true; }
  void close() override;
  TransportFigures figures() const override { return wire_->closed ? TransportFigures{} : wire_->figures; }

 private:
  std::shared_ptr<Wire> wire_;
};

}  // namespace multiconn::net::test
