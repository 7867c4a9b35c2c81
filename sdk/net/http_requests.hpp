#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "net/scheduler.hpp"
#include "net/transport.hpp"

namespace multiconn::net {

/// POST requests over one connection, one at a time. It is driven by its owner, who calls flush() and
/// receive() until neither has anything to do, and again whenever `ready` says that there may be more.
class HttpRequests : public std::enable_shared_from_this<HttpRequests> {
 public:
  struct Answer {
    unsigned status = 0;
    std::string body;
  };
  /// `transport` is connected; `host` is the Host field. `ready` is called from tasks of the scheduler's, and
  /// not after close().
  HttpRequests(Scheduler& scheduler, std::unique_ptr<Transport> transport, std::string host,
               std::function<void()> ready);
  ~HttpRequests();

  /// Not while another one is under way. Written by flush().
  void post(std::string_view path, rtmp::BytesView body);
  bool underWay() const { return under_way_; }
  /// Writes what the connection takes.
  void flush();
  /// The next answer; nothing: none has come yet, or it has ended.
  std::optional<Answer> receive();
  /// There will be no more answers. error(): why; none when the server has closed in good order.
  bool ended() const { return ended_; }
  std::error_code error() const { return error_; }

  void shutdownWrite() { transport_->shutdownWrite(); }
  void close();
  TransportFigures figures() const { return transport_->figures(); }

 private:
  struct Parser;

  bool readSome();
  std::optional<Answer> parse();
  void end(std::error_code error);
  template <typename Task>
  std::function<void()> later(Task task);

  Scheduler& scheduler_;
  std::unique_ptr<Transport> transport_;
  std::string host_;
  std::function<void()> ready_;
  bool ended_ = false;
  std::error_code error_;

  rtmp::Bytes request_;
  std::size_t request_sent_ = 0;
  bool under_way_ = false;  // no answer yet
  bool waiting_writable_ = false;
  std::error_code write_error_;  // told once everything has been read

  rtmp::Bytes input_;  // of an answer's head, when it comes in parts
  std::unique_ptr<Parser> parser_;
  bool waiting_readable_ = false;
};

}  // namespace multiconn::net
