#include "chaos/wire.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace multiconn::chaos {

namespace {

constexpr std::size_t segment_size = 16 * 1024;
constexpr std::chrono::milliseconds probe_interval{500};

}  // namespace

class Wire::Socket final : public net::Transport {
 public:
  Socket(std::shared_ptr<Wire> wire, End end) : wire_(std::move(wire)), end_(end) {}
  ~Socket() override { wire_->close(end_); }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  net::IoResult write(std::span<const rtmp::BytesView> slices) override { return wire_->write(end_, slices); }
  net::IoResult read(std::span<std::byte> buffer) override { return wire_->read(end_, buffer); }
  void waitReadable(std::function<void()> ready) override {
    wire_->wait(wire_->at(end_).readable, std::move(ready), wire_->readable(end_));
  }
  void waitWritable(std::function<void()> ready) override {
    Side& side = wire_->at(end_);
    const bool room = end_ == End::server || side.out.unacknowledged < wire_->weather_->client_kernel;
    wire_->wait(side.writable, std::move(ready), room || side.error);
  }
  void shutdownWrite() override { wire_->finish(end_); }
  void close() override { wire_->close(end_); }
  net::TransportFigures figures() const override { return wire_->figures(end_); }

 private:
  std::shared_ptr<Wire> wire_;
  End end_;
};

std::unique_ptr<net::Transport> Wire::transport(End end) {
  return std::make_unique<Socket>(shared_from_this(), end);
}

net::IoResult Wire::write(End end, std::span<const rtmp::BytesView> slices) {
  Side& side = at(end);
  net::IoResult result;
  result.error = side.error;
  if (side.closed || side.out.fin_sent) result.error = std::make_error_code(std::errc::broken_pipe);
  if (result.error) return result;
  std::size_t room = SIZE_MAX;
  if (end == End::client) {
    const std::size_t kernel = weather_->client_kernel;
    room = std::min(weather_->bytes_per_write, kernel - std::min(kernel, side.out.unacknowledged));
  }
  for (rtmp::BytesView slice : slices) {
    const std::size_t wanted = slice.size();
    slice = slice.first(std::min(room, wanted));
    result.would_block = result.would_block || slice.size() < wanted;
    room -= slice.size();
    result.bytes += slice.size();
    while (!slice.empty()) {
      auto& waiting = side.out.waiting;
      if (waiting.empty() || waiting.back().bytes.size() == segment_size) waiting.emplace_back();
      rtmp::Bytes& tail = waiting.back().bytes;
      const auto part = slice.first(std::min(slice.size(), segment_size - tail.size()));
      tail.insert(tail.end(), part.begin(), part.end());
      slice = slice.subspan(part.size());
    }
  }
  side.out.unacknowledged += result.bytes;
  transmit(end);
  return result;
}

net::IoResult Wire::read(End end, std::span<std::byte> buffer) {
  Side& side = at(end);
  Way& way = at(other(end)).out;
  net::IoResult result;
  if (side.error) {
    result.error = side.error;
    return result;
  }
  if (!readable(end)) {
    result.would_block = true;
    return result;
  }
  std::size_t room = end == End::client ? std::min(buffer.size(), weather_->bytes_per_read) : buffer.size();
  while (room > 0 && !way.arrived.empty() && !way.arrived.front().fin) {
    const rtmp::BytesView rest = rtmp::BytesView(way.arrived.front().bytes).subspan(way.read_of_first);
    const auto part = rest.first(std::min(room, rest.size()));
    std::copy(part.begin(), part.end(), buffer.begin() + static_cast<std::ptrdiff_t>(result.bytes));
    result.bytes += part.size();
    room -= part.size();
    way.read_of_first += part.size();
    if (part.size() < rest.size()) break;
    way.arrived.pop_front();
    way.read_of_first = 0;
  }
  way.unread -= result.bytes;
  result.ended = result.bytes == 0 && !way.arrived.empty() && way.arrived.front().fin;
  if (result.bytes > 0 && !way.waiting.empty())
    later(weather_->rtt / 2, [this, end] { transmit(other(end)); });
  return result;
}

bool Wire::readable(End end) const {
  if (at(end).error) return true;
  if (end == End::server && weather_->stalled) return false;
  return !at(other(end)).out.arrived.empty();
}

void Wire::wait(std::function<void()>& place, std::function<void()> ready, bool now) {
  place = std::move(ready);
  if (now) wake(place);
}

void Wire::finish(End end) {
  Way& way = at(end).out;
  if (std::exchange(way.fin_sent, true)) return;
  way.waiting.push_back({{}, true});
  transmit(end);
}

void Wire::close(End end) {
  Side& side = at(end);
  if (std::exchange(side.closed, true)) return;
  side.readable = nullptr;
  side.writable = nullptr;
  if (!side.error) finish(end);
}

void Wire::transmit(End from) {
  Way& way = at(from).out;
  const std::size_t window = from == End::client ? weather_->server_window : SIZE_MAX;
  while (!way.waiting.empty()) {
    const std::size_t size = way.waiting.front().bytes.size();
    if (size > 0 && way.in_flight + way.unread > 0 && way.in_flight + way.unread + size > window) return;
    way.line_free_at = std::max(way.line_free_at, loop_.now());
    if (from == End::client && weather_->bytes_per_second > 0) {
      way.line_free_at += std::chrono::nanoseconds(1'000'000'000ULL * size / weather_->bytes_per_second);
      ++weather_->met;
    }
    way.last_arrival = std::max(way.last_arrival, way.line_free_at + weather_->rtt / 2);
    way.in_flight += size;
    way.line.push_back(std::make_shared<std::optional<Segment>>(std::move(way.waiting.front())));
    later(way.last_arrival - loop_.now(), [this, from, segment = way.line.back()] { land(from, *segment); });
    way.waiting.pop_front();
  }
}

void Wire::land(End from, std::optional<Segment>& segment) {
  if (!segment) return;
  Segment landed = std::move(*segment);
  segment.reset();
  auto& line = at(from).out.line;
  while (!line.empty() && !*line.front()) line.pop_front();
  arrive(from, std::move(landed));
}

// A line that is wide again sends what a narrow one would have had for hours.
void Wire::hurry(End from) {
  Way& way = at(from).out;
  if (weather_->bytes_per_second > 0 || way.line_free_at <= loop_.now()) return;
  way.line_free_at = loop_.now();
  way.last_arrival = loop_.now() + weather_->rtt / 2;
  later(weather_->rtt / 2, [this, from, line = way.line] {
    for (const auto& segment : line) land(from, *segment);
  });
}

void Wire::arrive(End from, Segment segment) {
  Side& writer = at(from);
  Way& way = writer.out;
  if (hole() || !way.lost.empty()) {
    noteHole();
    ++weather_->met;
    way.lost.push_back(std::move(segment));
    return;
  }
  way.in_flight -= segment.bytes.size();
  Side& reader = at(other(from));
  if (from == End::server) heard_at_ = loop_.now();
  if (reader.closed || reader.error) {
    // Nobody is there any more to take it.
    if (!segment.fin) reset(other(from));
    return;
  }
  way.unread += segment.bytes.size();
  later(weather_->rtt / 2, [this, from, size = segment.bytes.size()] { acknowledge(from, size); });
  way.arrived.push_back(std::move(segment));
  if (from == End::client && weather_->stalled) ++weather_->met;
  if (readable(other(from))) wakeReader(other(from));
}

void Wire::acknowledge(End from, std::size_t bytes) {
  Way& way = at(from).out;
  if (hole()) {
    noteHole();
    way.lost_acknowledgements += bytes;
    return;
  }
  if (from == End::client) heard_at_ = loop_.now();
  way.unacknowledged -= std::min(bytes, way.unacknowledged);
  wakeWriter(from);
}

void Wire::changed() {
  for (const End end : {End::client, End::server}) hurry(end);
  if (hole()) return noteHole();
  hole_since_.reset();
  // A probe of the end that knows nothing of it is answered with another.
  for (const End end : {End::client, End::server})
    if (std::exchange(at(end).reset_lost, false)) reset(end);
  for (const End end : {End::client, End::server}) {
    Way& way = at(end).out;
    for (Segment& segment : std::exchange(way.lost, {})) arrive(end, std::move(segment));
    if (const std::size_t bytes = std::exchange(way.lost_acknowledgements, 0)) acknowledge(end, bytes);
    transmit(end);
    if (readable(end)) wakeReader(end);
  }
}

void Wire::reset(End end) {
  Side& side = at(end);
  side.closed = true;
  side.readable = side.writable = nullptr;
  side.error = std::make_error_code(std::errc::connection_reset);
  later(weather_->rtt / 2, [this, end] {
    if (hole()) {
      at(end).reset_lost = true;
      return;
    }
    Side& peer = at(other(end));
    peer.error = std::make_error_code(std::errc::connection_reset);
    wakeReader(other(end));
    wakeWriter(other(end));
  });
}

void Wire::inject(rtmp::BytesView bytes) {
  const std::array<rtmp::BytesView, 1> slices{bytes};
  write(End::server, slices);
}

net::TransportFigures Wire::figures(End end) const {
  net::TransportFigures figures;
  if (at(end).closed) return figures;
  figures.unacknowledged = at(end).out.unacknowledged;
  figures.rtt = std::chrono::duration_cast<std::chrono::microseconds>(weather_->rtt);
  figures.last_heard = lastHeard();
  return figures;
}

net::TimePoint Wire::lastHeard() const {
  if (hole()) return std::max(heard_at_, hole_since_.value_or(established_));
  const net::TimePoint since = std::max(heard_at_, established_);
  return since + (loop_.now() - since) / probe_interval * probe_interval;
}

void Wire::cut() {
  cut_ = true;
  noteHole();
}

void Wire::noteHole() {
  if (!hole_since_) hole_since_ = loop_.now();
}

void Wire::wake(std::function<void()>& waiter) {
  if (!waiter) return;
  // Called when it is run: the end may be closed before.
  later({}, [&waiter] {
    if (const auto ready = std::exchange(waiter, nullptr)) ready();
  });
}

template <typename Task>
void Wire::later(net::Duration delay, Task task) {
  loop_.later(delay, [weak = weak_from_this(), task = std::move(task)] {
    if (const auto self = weak.lock()) task();
  });
}

}  // namespace multiconn::chaos
