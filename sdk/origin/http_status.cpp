#include "origin/http_status.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "net/asio_strand.hpp"
#include "origin/listening.hpp"
#include "origin/status_report.hpp"

namespace multiconn::origin {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t max_sessions = 64;
constexpr std::uint32_t max_header = 8 * 1024;
constexpr std::chrono::seconds exchange_timeout{10};

using Stream = beast::basic_stream<tcp, net::Strand, beast::unlimited_rate_policy>;
using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

Response plain(http::status status, const char* text) {
  Response response(status, 11);
  response.set(http::field::content_type, "text/plain; charset=utf-8");
  response.body() = text;
  return response;
}

Response document(const char* type, std::string text) {
  Response response(http::status::ok, 11);
  response.set(http::field::content_type, type);
  response.body() = std::move(text);
  return response;
}

Response route(const Request& request, const std::function<StatusReport()>& report) {
  if (request.method() != http::verb::get && request.method() != http::verb::head) {
    Response response = plain(http::status::method_not_allowed, "Only GET and HEAD are answered.\n");
    response.set(http::field::allow, "GET, HEAD");
    return response;
  }
  const beast::string_view target = request.target();
  const beast::string_view path = target.substr(0, target.find('?'));
  if (path == "/") return document("text/html; charset=utf-8", toHtml(report()));
  if (path == "/status.json") return document("application/json", toJson(report()));
  return plain(http::status::not_found, "There is nothing here.\n");
}

/// One connection; lives as long as a handler of its own is pending.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Stream stream, const std::function<StatusReport()>& report)
      : stream_(std::move(stream)), buffer_(max_header), report_(report) {}

  void read() {
    parser_.emplace();
    parser_->header_limit(max_header);
    parser_->body_limit(0);
    stream_.expires_after(exchange_timeout);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](const error_code& error, std::size_t) {
                       if (!error) return self->answer();
                       if (error != http::error::end_of_stream) self->stream_.close();
                     });
  }

  void close() { stream_.close(); }

 private:
  void answer() {
    const Request request = parser_->release();
    response_ = route(request, report_);
    response_.version(request.version());
    response_.keep_alive(request.keep_alive());
    response_.set(http::field::server, "multiconn-origin");
    response_.set(http::field::cache_control, "no-store");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
    response_.prepare_payload();
    if (request.method() == http::verb::head) {
      head_.emplace(response_.base());
      return send(*head_);
    }
    send(response_);
  }

  template <typename Message>
  void send(Message& message) {
    http::async_write(stream_, message, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (!error && self->response_.keep_alive()) return self->read();
      self->stream_.close();
    });
  }

  Stream stream_;
  beast::flat_buffer buffer_;
  const std::function<StatusReport()>& report_;
  std::optional<http::request_parser<http::empty_body>> parser_;
  Response response_;
  std::optional<http::response<http::empty_body>> head_;
};

}  // namespace

class HttpStatus::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
       std::function<StatusReport()> report)
      : scheduler_(scheduler),
        report_(std::move(report)),
        listener_(listenOn(scheduler, address, port)),
        port_(listener_->port()) {}

  std::uint16_t port() const { return port_; }
  void start() {
    listener_->start(
        [this](net::Socket socket, const net::Address& peer) { accepted(std::move(socket), peer); });
  }
  void stop() {
    listener_.reset();
    for (const auto& weak : sessions_) {
      if (const auto session = weak.lock()) session->close();
    }
    sessions_.clear();
  }

 private:
  void accepted(net::Socket socket, const net::Address& peer) {
    std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
    if (sessions_.size() >= max_sessions) return;
    Stream stream(net::strandOf(scheduler_));
    error_code error;
    stream.socket().assign(peer.isIpv6() ? tcp::v6() : tcp::v4(), socket.descriptor(), error);
    if (error) return;
    socket.release();
    const auto session = std::make_shared<Session>(std::move(stream), report_);
    sessions_.push_back(session);
    session->read();
  }

  net::AsioScheduler& scheduler_;
  std::function<StatusReport()> report_;
  std::unique_ptr<net::Listener> listener_;
  std::uint16_t port_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

HttpStatus::HttpStatus(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
                       std::function<StatusReport()> report)
    : impl_(std::make_unique<Impl>(scheduler, address, port, std::move(report))) {}
HttpStatus::~HttpStatus() = default;
std::uint16_t HttpStatus::port() const {
  return impl_->port();
}
void HttpStatus::start() {
  impl_->start();
}
void HttpStatus::stop() {
  impl_->stop();
}

}  // namespace multiconn::origin
