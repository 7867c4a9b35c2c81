#include "bare_loop.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench_socket.hpp"
#include "process.hpp"
#include "rtmp/client_session.hpp"
#include "rtmp/connection.hpp"
#include "sockets.hpp"

namespace multiconn::bench {
namespace {

using namespace rtmp;
using Clock = std::chrono::steady_clock;

struct Recorded {
  std::uint32_t timestamp = 0;
  std::size_t begin = 0, end = 0;
};

// Where the messages of a recording begin and end. It was written by this project's chunk writer, so one-byte
// basic headers and its chunk size are all there is.
std::vector<Recorded> findMessages(BytesView bytes) {
  struct State {
    std::uint32_t timestamp = 0, length = 0;
    bool extended = false;
  };
  std::array<State, 64> states{};
  std::vector<Recorded> messages;
  const std::size_t chunk_size = Limits{}.own_chunk_size;
  ByteReader reader(bytes);
  while (reader.remaining() > 0) {
    Recorded message;
    message.begin = bytes.size() - reader.remaining();
    const std::uint8_t basic = reader.u8();
    State& state = states[basic & 0x3F];
    std::uint32_t field = reader.u24();
    state.extended = field == 0xFFFFFF;
    state.length = reader.u24();
    reader.skip(basic >> 6 == 0 ? 5 : 1);
    if (state.extended) field = reader.u32();
    state.timestamp = basic >> 6 == 0 ? field : state.timestamp + field;
    for (std::size_t left = state.length; reader.ok();) {
      const std::size_t part = std::min(left, chunk_size);
      reader.skip(part);
      if ((left -= part) == 0) break;
      reader.skip(state.extended ? 5 : 1);
    }
    if (!reader.ok()) throw std::runtime_error("the recording does not parse");
    message.timestamp = state.timestamp;
    message.end = bytes.size() - reader.remaining();
    messages.push_back(message);
  }
  return messages;
}

// A connection on which the sink has answered Publish.Start, set up by the same protocol core.
BenchSocket openPublisher(std::uint16_t port, std::size_t index, const TlsSide& tls) {
  BenchSocket socket(connectToLoopback(port), tls, false);
  const Limits limits;
  Connection connection(Handshake::Role::client, limits, {}, 0);
  ClientSession session(
      {.app = "live", .tc_url = "rtmp://127.0.0.1/live", .flash_version = "bench", .arguments = {}}, limits);
  ComposedMessage composed;
  const auto flush = [&] {
    socket.writeAll(connection.pendingOutput());
    connection.pendingOutput().clear();
  };
  const auto send = [&](const ClientReaction& reaction) {
    for (const OutMessage& message : reaction.send) {
      connection.compose(message, composed);
      for (const BytesView slice : composed.slices()) socket.writeAll(slice);
    }
  };
  flush();
  bool connecting = false;
  while (!session.publishing()) {
    std::array<std::byte, 4096> buffer;
    const ssize_t count = socket.read(buffer.data(), buffer.size());
    std::vector<Message> messages;
    if (count <= 0 || connection.receive(BytesView(buffer.data(), static_cast<std::size_t>(count)),
                                         TimePoint{}, messages) != Error::none)
      throw std::runtime_error("the sink refused a connection");
    flush();
    if (connection.open() && !connecting) {
      connecting = true;
      connection.announceChunkSize(limits.own_chunk_size);
      flush();
      send(session.connect(PublishRequest{.stream = streamName(index)}));
    }
    for (const Message& message : messages) send(session.handle(message));
  }
  socket.neverBlock();
  return socket;
}

class Sender {
 public:
  Sender(BytesView bytes, std::vector<Recorded> messages, std::vector<BenchSocket> sockets)
      : bytes_(bytes), messages_(std::move(messages)), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    for (BenchSocket& socket : sockets) outputs_.push_back({std::move(socket)});
  }

  // In the order of a broadcast: each message to every socket before the next one. A socket that is full
  // catches up when it is writable again; as fast as possible, the loop waits for one that is a mebibyte
  // behind, as a publisher would.
  void run(bool paced) {
    const auto start = Clock::now();
    for (std::size_t due = 0; due < messages_.size();) {
      const std::uint32_t now = messages_[due].timestamp;
      if (paced)
        std::this_thread::sleep_until(start + std::chrono::milliseconds(now - messages_.front().timestamp));
      do ++due;
      while (paced && due < messages_.size() && messages_[due].timestamp == now);
      for (std::size_t i = 0; i < outputs_.size(); ++i)
        if (!outputs_[i].waiting) advance(i, due);
      if (waiting_ > 0) waitAndAdvance(due, 0);
      while (waiting_ > 0 && !paced && farthestBehind(due) > largest_lag) waitAndAdvance(due, -1);
    }
    while (waiting_ > 0) waitAndAdvance(messages_.size(), -1);
    outputs_.clear();
  }

 private:
  struct Output {
    BenchSocket socket;
    std::size_t message = 0;
    std::size_t offset = 0;  // into bytes_
    bool waiting = false;
  };

  static constexpr std::size_t largest_lag = 1024 * 1024;

  std::size_t farthestBehind(std::size_t due) const {
    std::size_t farthest = 0;
    for (const Output& output : outputs_)
      if (output.waiting) farthest = std::max(farthest, messages_[due - 1].end - output.offset);
    return farthest;
  }

  void advance(std::size_t index, std::size_t due) {
    Output& output = outputs_[index];
    while (output.message < due) {
      const Recorded& message = messages_[output.message];
      output.offset = std::max(output.offset, message.begin);
      const ssize_t count = output.socket.write(bytes_.subspan(output.offset, message.end - output.offset));
      if (count < 0 && errno == EAGAIN) return wait(index, true);
      if (count <= 0) throw std::runtime_error("the sink closed");
      output.offset += static_cast<std::size_t>(count);
      if (output.offset == message.end) ++output.message;
    }
    if (output.waiting) wait(index, false);
  }

  void wait(std::size_t index, bool on) {
    Output& output = outputs_[index];
    if (output.waiting == on) return;
    output.waiting = on;
    waiting_ += on ? 1 : std::size_t(-1);
    epoll_event event{};
    event.events = EPOLLOUT;
    event.data.u64 = index;
    epoll_ctl(epoll_, on ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, output.socket.descriptor(), &event);
  }

  void waitAndAdvance(std::size_t due, int timeout) {
    std::array<epoll_event, 256> events;
    const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
    for (int i = 0; i < count; ++i) advance(events[static_cast<std::size_t>(i)].data.u64, due);
  }

  BytesView bytes_;
  std::vector<Recorded> messages_;
  int epoll_;
  std::vector<Output> outputs_;
  std::size_t waiting_ = 0;
};

}  // namespace

int runBareLoop(const std::string& recording, std::uint16_t port, std::size_t count, bool paced,
                const std::string& ca_file) {
  raiseDescriptorLimit();
  std::ifstream file(recording, std::ios::binary);
  std::string content(std::filesystem::file_size(recording), '\0');
  file.read(content.data(), static_cast<std::streamsize>(content.size()));
  std::vector<Recorded> messages = findMessages(asBytes(content));
  if (messages.empty()) throw std::runtime_error("the recording " + recording + " is empty");
  std::cout << cpuSecondsSoFar() << std::endl;
  const TlsSide tls = TlsSide::client(ca_file);
  std::vector<BenchSocket> sockets;
  for (std::size_t i = 0; i < count; ++i) sockets.push_back(openPublisher(port, i, tls));
  Sender(asBytes(content), std::move(messages), std::move(sockets)).run(paced);
  return 0;
}

}  // namespace multiconn::bench
