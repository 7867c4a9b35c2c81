#include "sink.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <iostream>
#include <map>
#include <memory>
#include <vector>

#include "bench_socket.hpp"
#include "rtmp/connection.hpp"
#include "rtmp/server_session.hpp"
#include "sockets.hpp"
#include "watch_list.hpp"

namespace multiconn::bench {
namespace {

using namespace rtmp;

// One publisher. Until it publishes its bytes go through the real protocol core; after that they are only
// counted.
class Receiver {
 public:
  Receiver(BenchSocket socket, std::FILE* record)
      : socket_(std::move(socket)),
        record_(record),
        session_(limits_),
        connection_(std::make_unique<Connection>(Handshake::Role::server, limits_,
                                                 std::array<HandshakePacket, 2>{}, 0)) {}

  // False: the connection is over.
  bool readable() {
    while (!publishing_) {
      const Read read = answer();
      if (read != Read::some) return read == Read::nothing;
      if (!socket_.secure()) return true;
    }
    return discard();
  }
  std::uint64_t mediaBytes() const { return media_bytes_; }

 private:
  enum class Read : std::uint8_t { some, nothing, end };

  bool discard() {
    static std::array<std::byte, 1 << 20> buffer;
    for (;;) {
      // MSG_TRUNC makes the kernel drop the bytes: this process then costs the publisher's processor nothing
      // it would notice.
      const int flags = MSG_DONTWAIT | (record_ != nullptr ? 0 : MSG_TRUNC);
      const ssize_t count = socket_.read(buffer.data(), buffer.size(), flags);
      if (count < 0) return errno == EAGAIN;
      if (count == 0) return false;
      if (record_ != nullptr) std::fwrite(buffer.data(), 1, static_cast<std::size_t>(count), record_);
      media_bytes_ += static_cast<std::uint64_t>(count);
      if (!socket_.secure() && static_cast<std::size_t>(count) < buffer.size()) return true;
    }
  }

  Read answer() {
    std::array<std::byte, 16384> buffer;
    const ssize_t count = socket_.read(buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count < 0) return errno == EAGAIN ? Read::nothing : Read::end;
    if (count == 0) return Read::end;
    std::vector<Message> messages;
    const BytesView bytes(buffer.data(), static_cast<std::size_t>(count));
    if (connection_->receive(bytes, TimePoint{}, messages) != Error::none) return Read::end;
    flush();
    for (const Message& message : messages) react(session_.handle(message));
    return Read::some;
  }

  void react(const ServerReaction& reaction) {
    for (const OutMessage& message : reaction.send) send(message);
    for (const ServerEvent& event : reaction.events) {
      if (std::holds_alternative<server_event::ConnectRequested>(event)) react(session_.acceptConnect());
      if (const auto* publish = std::get_if<server_event::PublishRequested>(&event)) {
        react(session_.acceptPublish(publish->stream_id));
        publishing_ = true;  // a publisher sends media only after it has read Publish.Start
      }
    }
  }

  void send(const OutMessage& message) {
    connection_->compose(message, composed_);
    for (const BytesView slice : composed_.slices()) socket_.writeAll(slice);
  }

  void flush() {
    socket_.writeAll(connection_->pendingOutput());
    connection_->pendingOutput().clear();
  }

  BenchSocket socket_;
  std::FILE* record_;
  Limits limits_;
  ServerSession session_;
  std::unique_ptr<Connection> connection_;
  ComposedMessage composed_;
  bool publishing_ = false;
  std::uint64_t media_bytes_ = 0;
};

class Sink {
 public:
  Sink(std::FILE* record, TlsSide tls)
      : record_(record), tls_(std::move(tls)), listener_(listenOnLoopback()) {
    watched_.add(listener_);
    watched_.add(STDIN_FILENO);
    std::cout << "port " << localPort(listener_) << std::endl;
  }

  void run() {
    bool asked_to_finish = false;
    // What was sent before standard input ended is still counted.
    while (!asked_to_finish || !receivers_.empty()) {
      const auto ready = watched_.wait(std::chrono::seconds(10));
      if (ready.empty() && asked_to_finish) return;
      for (const std::uint64_t key : ready) {
        const int fd = static_cast<int>(key);
        if (fd == listener_) {
          accept();
        } else if (fd == STDIN_FILENO) {
          char byte;
          if (read(STDIN_FILENO, &byte, 1) <= 0) {
            asked_to_finish = true;
            watched_.remove(STDIN_FILENO);
          }
        } else {
          serve(fd);
        }
      }
    }
  }

  void report() const {
    std::uint64_t total = 0;
    for (const std::uint64_t bytes : finished_) total += bytes;
    const auto [least, most] = std::minmax_element(finished_.begin(), finished_.end());
    boost::json::object row{{"connections", finished_.size()}, {"bytes", total}};
    row["least"] = finished_.empty() ? 0 : *least;
    row["most"] = finished_.empty() ? 0 : *most;
    std::cout << row << std::endl;
  }

 private:
  void accept() {
    const int fd = acceptConnection(listener_);
    if (fd < 0) return;
    BenchSocket socket(fd, tls_, true);
    if (socket.secure()) socket.neverBlock();
    receivers_.emplace(
        fd, std::make_unique<Receiver>(std::move(socket),
                                       receivers_.empty() && finished_.empty() ? record_ : nullptr));
    watched_.add(fd);
  }

  void serve(int fd) {
    const auto found = receivers_.find(fd);
    if (found == receivers_.end() || found->second->readable()) return;
    finished_.push_back(found->second->mediaBytes());
    receivers_.erase(found);
  }

  std::FILE* record_;
  TlsSide tls_;
  int listener_;
  WatchList watched_;
  std::map<int, std::unique_ptr<Receiver>> receivers_;
  std::vector<std::uint64_t> finished_;
};

}  // namespace

int runSink(const std::string& record_file, const std::string& certificate_file,
            const std::string& key_file) {
  raiseDescriptorLimit();
  std::FILE* record = record_file.empty() ? nullptr : std::fopen(record_file.c_str(), "wb");
  if (!record_file.empty() && record == nullptr) {
    std::cerr << "multiconn-bench: cannot write " << record_file << '\n';
    return 1;
  }
  Sink sink(record, TlsSide::server(certificate_file, key_file));
  sink.run();
  if (record != nullptr) std::fclose(record);
  sink.report();
  return 0;
}

}  // namespace multiconn::bench
