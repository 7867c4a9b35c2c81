#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "net/link.hpp"
#include "net/scheduler.hpp"
#include "net/transport.hpp"

namespace multiconn::net {

/// A byte stream through HTTP requests to a media server (RTMPT): /open gives a session, /send carries bytes,
/// /idle asks for some, /close ends. One request at a time; what is written meanwhile goes out with the next.
/// The first byte of an answer is the interval at which the server likes to be asked, which everyone ignores.
class HttpTunnel final : public Transport {
 public:
  /// `transport` is connected; `host` and `port` are for the Host field.
  HttpTunnel(Scheduler& scheduler, std::unique_ptr<Transport> transport, const std::string& host,
             std::uint16_t port);
  ~HttpTunnel() override;

  /// Once, before anything else. `done` gets the failure, or nothing; it runs as a task of its own and may
  /// destroy this.
  void open(std::function<void(std::optional<LinkFailure>)> done);

  IoResult write(std::span<const rtmp::BytesView> slices) override;
  IoResult read(std::span<std::byte> buffer) override;
  void waitReadable(std::function<void()> ready) override;
  void waitWritable(std::function<void()> ready) override;
  void shutdownWrite() override;
  void close() override;
  /// The connection's, except that unacknowledged is what no answer has acknowledged, whether in the kernel
  /// or not.
  TransportFigures figures() const override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace multiconn::net
