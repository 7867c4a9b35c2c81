#pragma once

#include <optional>
#include <vector>

#include "net/link.hpp"
#include "support/simulated_loop.hpp"
#include "support/simulated_server.hpp"

namespace multiconn::test {

/// A Link joined in memory to a SimulatedServer, or to nobody. Latency, a bounded "kernel" and
/// acknowledgements as TCP has them; no bytes are cut into chunks.
class SimulatedLink final : public net::Link {
 public:
  /// `server` null: the name is not known.
  /// `connect_patience`: net::LinkTarget's.
  SimulatedLink(SimulatedLoop& loop, SimulatedServer* server,
                std::chrono::milliseconds connect_patience = {});
  ~SimulatedLink() override;

  void open(std::vector<rtmp::OutMessage> opening, net::LinkEvents& events) override;
  bool trySend(const rtmp::OutMessage& message) override;
  net::LinkStats stats() const override;
  void close(net::CloseMode mode) override;

  // The server's side.
  void deliver(rtmp::Message message);
  void acknowledged(std::size_t bytes);
  /// Behind everything the server has said.
  void end(net::LinkFailure failure);

 private:
  struct Life {};
  void established();
  void mute();
  void intoKernel(const rtmp::OutMessage& message);
  void fill();
  void closeWhenEmpty();
  void tellClosed(net::LinkFailure failure);
  template <typename Task>
  void later(net::Duration delay, Task task);
  /// As later(), of what comes from the server.
  template <typename Task>
  void overTheWire(net::Duration delay, Task task);
  void detach(SimulatedServer::Farewell farewell);
  net::TimePoint lastHeard() const;
  unsigned probes() const;
  net::TimePoint lastAnswer() const;
  net::Duration halfWay() const { return server_ ? server_->script.rtt / 2 : net::Duration(); }

  SimulatedLoop& loop_;
  SimulatedServer* server_;
  const std::chrono::milliseconds connect_patience_;
  net::LinkEvents* events_ = nullptr;
  std::vector<rtmp::OutMessage> opening_;
  std::optional<rtmp::OutMessage> in_flight_;
  std::size_t kernel_ = 0;
  std::uint64_t sent_ = 0;
  net::TimePoint line_free_at_{};
  net::TimePoint last_delivery_{};
  net::TimePoint last_heard_{};
  bool attached_ = false;
  bool established_ = false;
  bool refused_ = false;
  bool closing_ = false;
  bool ending_ = false;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

}  // namespace multiconn::test
