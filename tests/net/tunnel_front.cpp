#include "net/tunnel_front.hpp"

#include <poll.h>

#include <array>
#include <atomic>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>

namespace multiconn::net::test {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;
using boost::system::error_code;

namespace {

constexpr const char* session = "a-session";

/// What one client says over one connection.
class Visit {
 public:
  Visit(tcp::socket socket, std::uint16_t backend, std::atomic<int>& closed)
      : socket_(std::move(socket)), backend_(socket_.get_executor()), port_(backend), closed_(closed) {
    thread_ = std::thread([this] { run(); });
  }
  ~Visit() {
    // Not close(): the thread may be using the descriptor.
    ::shutdown(socket_.native_handle(), SHUT_RDWR);
    thread_.join();
  }
  Visit(const Visit&) = delete;
  Visit& operator=(const Visit&) = delete;

 private:
  void run() {
    boost::beast::flat_buffer buffer;
    error_code error;
    while (!error) {
      Request request;
      http::read(socket_, buffer, request, error);
      if (error) break;
      Response response = answer(request);
      response.prepare_payload();
      http::write(socket_, response, error);
    }
    ::shutdown(socket_.native_handle(), SHUT_RDWR);
  }

  Response answer(const Request& request) {
    Response response(http::status::ok, 11);
    const std::string target(request.target());
    if (request.method() == http::verb::post && target == "/open/1" && open()) {
      response.body() = std::string(session) + "\n";
    } else if (target == expected("send") && send(request.body())) {
      response.body() = '\x01' + backendSays();
    } else if (target == expected("idle")) {
      response.body() = '\x01' + backendSays();
    } else if (target == expected("close")) {
      error_code ignored;
      backend_.shutdown(tcp::socket::shutdown_both, ignored);
      ++closed_;
      response.body() = "\x01";
    } else {
      response.result(http::status::not_found);
    }
    ++sequence_;
    return response;
  }

  std::string expected(const std::string& command) const {
    return "/" + command + "/" + session + "/" + std::to_string(sequence_);
  }
  bool open() {
    error_code error;
    backend_.connect({asio::ip::address_v4::loopback(), port_}, error);
    return !error;
  }
  bool send(const std::string& bytes) {
    error_code error;
    asio::write(backend_, asio::buffer(bytes), error);
    return !error;
  }
  /// As much as is there, or comes at once.
  std::string backendSays() {
    pollfd entry{backend_.native_handle(), POLLIN, 0};
    if (::poll(&entry, 1, 5) != 1) return {};
    std::string bytes(30'000, '\0');
    error_code error;
    bytes.resize(backend_.read_some(asio::buffer(bytes), error));
    if (error) ::shutdown(socket_.native_handle(), SHUT_RDWR);
    return bytes;
  }

  tcp::socket socket_, backend_;
  std::uint16_t port_;
  std::atomic<int>& closed_;
  int sequence_ = -1;  // of the next request; /open is outside the count
  std::thread thread_;
};

}  // namespace

struct TunnelFront::Impl {
  explicit Impl(std::uint16_t port) : backend(port) {
    thread = std::thread([this] { run(); });
  }
  ~Impl() {
    ::shutdown(acceptor.native_handle(), SHUT_RDWR);
    thread.join();
  }
  void run() {
    error_code error;
    while (true) {
      tcp::socket socket = acceptor.accept(error);
      if (error) return;
      visits.emplace_back(std::move(socket), backend, closed);
    }
  }

  std::uint16_t backend;
  asio::io_context context;
  tcp::acceptor acceptor{context, {asio::ip::address_v4::loopback(), 0}};
  std::atomic<int> closed = 0;
  std::list<Visit> visits;
  std::thread thread;
};

TunnelFront::TunnelFront(std::uint16_t backend) : impl_(std::make_unique<Impl>(backend)) {}
TunnelFront::~TunnelFront() = default;

std::uint16_t TunnelFront::port() const {
  return impl_->acceptor.local_endpoint().port();
}
int TunnelFront::closed() const {
  return impl_->closed;
}

}  // namespace multiconn::net::test
