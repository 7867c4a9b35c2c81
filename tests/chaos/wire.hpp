#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>

#include "net/transport.hpp"
#include "support/simulated_loop.hpp"

namespace multiconn::chaos {

/// The way between a server and its clients. May change at any time; call Wire::changed() then.
struct Weather {
  net::Duration rtt{};
  std::size_t client_kernel = 128 * 1024;  ///< bytes written by the client and not yet acknowledged
  std::size_t server_window = 64 * 1024;   ///< bytes that the server's kernel holds for it
  std::size_t bytes_per_second = 0;        ///< from client to server; 0: no limit
  std::size_t bytes_per_write = SIZE_MAX;  ///< of the client
  std::size_t bytes_per_read = SIZE_MAX;   ///< of the client
  bool stalled = false;                    ///< the server's process does not read
  bool hole = false;                       ///< nothing gets through, either way
  std::size_t met = 0;                     ///< so often a connection has felt it
};

/// One TCP connection between two Transports, in simulated time and byte by byte: latency, windows, both
/// kernels, acknowledgements, retransmission after a black hole, FIN and RST.
class Wire : public std::enable_shared_from_this<Wire> {
 public:
  enum class End : std::uint8_t { client, server };

  Wire(test::SimulatedLoop& loop, std::shared_ptr<Weather> weather)
      : loop_(loop), weather_(std::move(weather)), established_(loop.now()) {}

  std::unique_ptr<net::Transport> transport(End end);
  /// This connection's own black hole, for good: a path that has gone.
  void cut();
  void changed();
  /// The kernel of `end` answers everything with RST from now on.
  void reset(End end);
  /// The server's kernel has acknowledged bytes that its process has not read.
  bool unread() const { return client_.out.unread > 0; }
  /// Bytes of the server that its RTMP knows nothing of.
  void inject(rtmp::BytesView bytes);

 private:
  class Socket;
  struct Segment {
    rtmp::Bytes bytes;
    bool fin = false;
  };
  /// What one end has written, on its way to the other. `half` of everything below is the writer's.
  struct Way {
    std::deque<Segment> waiting;  // in the writer's kernel, for the other's window
    /// On the line; what has arrived, or was hurried, is empty.
    std::deque<std::shared_ptr<std::optional<Segment>>> line;
    std::deque<Segment> lost;  // in a hole
    std::size_t unacknowledged = 0, lost_acknowledgements = 0;
    std::size_t in_flight = 0, unread = 0;
    std::deque<Segment> arrived;
    std::size_t read_of_first = 0;
    net::TimePoint line_free_at{}, last_arrival{};
    bool fin_sent = false;
  };
  struct Side {
    Way out;
    std::function<void()> readable, writable;
    std::error_code error;
    bool closed = false, reset_lost = false;
  };

  static End other(End end) { return end == End::client ? End::server : End::client; }
  Side& at(End end) { return end == End::client ? client_ : server_; }
  const Side& at(End end) const { return end == End::client ? client_ : server_; }
  bool hole() const { return cut_ || weather_->hole; }
  net::IoResult write(End end, std::span<const rtmp::BytesView> slices);
  net::IoResult read(End end, std::span<std::byte> buffer);
  bool readable(End end) const;
  void wait(std::function<void()>& place, std::function<void()> ready, bool now);
  void finish(End end);
  void close(End end);
  net::TransportFigures figures(End end) const;
  net::TimePoint lastHeard() const;
  void transmit(End from);
  void hurry(End from);
  void land(End from, std::optional<Segment>& segment);
  void arrive(End from, Segment segment);
  void acknowledge(End from, std::size_t bytes);
  void noteHole();
  void wakeReader(End end) { wake(at(end).readable); }
  void wakeWriter(End end) { wake(at(end).writable); }
  void wake(std::function<void()>& waiter);
  template <typename Task>
  void later(net::Duration delay, Task task);

  test::SimulatedLoop& loop_;
  std::shared_ptr<Weather> weather_;
  net::TimePoint established_;
  net::TimePoint heard_at_{};  // of the server, by the client's kernel
  std::optional<net::TimePoint> hole_since_;
  bool cut_ = false;
  Side client_, server_;
};

}  // namespace multiconn::chaos
