#include "program/http_server.hpp"

#include <spdlog/spdlog.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>

#include "net/asio_strand.hpp"
#include "net/listener.hpp"
#include "program/secret_files.hpp"

namespace multiconn::tools {

namespace beast = boost::beast;
namespace http = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t max_sessions = 64;
constexpr std::uint32_t max_header = 8 * 1024;
constexpr std::uint64_t max_body = 64 * 1024;
// Of a request and its answer together, the wait for it on a connection that is kept included.
constexpr std::chrono::seconds exchange_timeout{10};

using Stream = beast::basic_stream<tcp, net::Strand, beast::unlimited_rate_policy>;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

HttpResponse plain(unsigned status, std::string text);
HttpRequest parsed(const Request& request);
HttpResponse answered(const Request& request, const HttpServer::Handler& handler);
/// Nothing when there is nobody left to tell.
std::optional<HttpResponse> complaint(const error_code& error);
void fill(Response& response, HttpResponse&& content);

/// One connection; lives as long as a handler of its own is pending.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Stream stream, std::shared_ptr<const HttpServer::Handler> handler)
      : stream_(std::move(stream)), buffer_(max_header + max_body), handler_(std::move(handler)) {}

  void read() {
    parser_.emplace();
    parser_->header_limit(max_header);
    parser_->body_limit(max_body);
    stream_.expires_after(exchange_timeout);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, std::size_t) { self->received(error); });
  }

  void close() {
    closed_ = true;
    stream_.close();
  }

 private:
  void received(const error_code& error) {
    if (closed_) return;
    if (error) {
      auto told = complaint(error);
      if (!told) return close();
      return respond(std::move(*told), 11, false, false);
    }
    const Request request = parser_->release();
    respond(answered(request, *handler_), request.version(), request.keep_alive(),
            request.method() == http::verb::head);
  }

  void respond(HttpResponse&& content, unsigned version, bool keep_alive, bool head_only) {
    response_ = {};
    fill(response_, std::move(content));
    response_.version(version);
    response_.keep_alive(keep_alive);
    response_.prepare_payload();
    if (!head_only) return send(response_);
    head_.emplace(response_.base());
    send(*head_);
  }

  template <typename Message>
  void send(Message& message) {
    http::async_write(stream_, message, [self = shared_from_this()](const error_code& error, std::size_t) {
      if (self->closed_) return;
      if (!error && self->response_.keep_alive()) return self->read();
      self->end();
    });
  }

  // What the peer still sends is left unread, which would turn a plain close into a reset that may overtake
  // the answer.
  void end() {
    error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    discard(max_discarded);
  }
  void discard(std::size_t left) {
    if (left == 0) return close();
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(std::min<std::size_t>(left, max_header)),
                            [self = shared_from_this(), left](const error_code& error, std::size_t count) {
                              if (self->closed_) return;
                              if (error) return self->close();
                              self->discard(left - std::min(left, count));
                            });
  }

  static constexpr std::size_t max_discarded = 1024 * 1024;

  Stream stream_;
  beast::flat_buffer buffer_;
  std::shared_ptr<const HttpServer::Handler> handler_;
  std::optional<http::request_parser<http::string_body>> parser_;
  Response response_;
  std::optional<http::response<http::empty_body>> head_;
  bool closed_ = false;
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port, Handler handler)
      : scheduler_(scheduler),
        handler_(std::make_shared<const Handler>(std::move(handler))),
        listener_(scheduler, address, port),
        port_(listener_.port()) {
    listener_.start(
        [this](net::Socket socket, const net::Address& peer) { accepted(std::move(socket), peer); });
  }
  ~Impl() {
    for (const auto& weak : sessions_) {
      if (const auto session = weak.lock()) session->close();
    }
  }

  std::uint16_t port() const { return port_; }

 private:
  void accepted(net::Socket socket, const net::Address& peer) {
    std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
    if (sessions_.size() >= max_sessions) return;
    Stream stream(net::strandOf(scheduler_));
    error_code error;
    stream.socket().assign(peer.isIpv6() ? tcp::v6() : tcp::v4(), socket.descriptor(), error);
    if (error) return;
    socket.release();
    const auto session = std::make_shared<Session>(std::move(stream), handler_);
    sessions_.push_back(session);
    session->read();
  }

  net::AsioScheduler& scheduler_;
  std::shared_ptr<const Handler> handler_;
  net::Listener listener_;
  std::uint16_t port_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

HttpServer::HttpServer(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
                       Handler handler)
    : impl_(std::make_unique<Impl>(scheduler, address, port, std::move(handler))) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const {
  return impl_->port();
}

// RFC 6750 2.1 and 3.
HttpServer::Handler requireToken(std::string token, HttpServer::Handler handler) {
  if (token.empty()) throw std::invalid_argument("an empty token would let everybody in");
  return [token = std::move(token), handler = std::move(handler)](const HttpRequest& request) {
    constexpr std::size_t scheme = sizeof "Bearer " - 1;
    const std::string& given = request.authorization;
    const bool bearer = beast::iequals(beast::string_view(given).substr(0, scheme), "Bearer ");
    if (bearer && equalInConstantTime(given.substr(scheme), token)) return handler(request);
    HttpResponse response = plain(401, "This needs the token: Authorization: Bearer TOKEN\n");
    response.headers.emplace_back("WWW-Authenticate", "Bearer");
    return response;
  };
}

namespace {

HttpResponse plain(unsigned status, std::string text) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

HttpRequest parsed(const Request& request) {
  const auto text = [](beast::string_view view) { return std::string(view.data(), view.size()); };
  const beast::string_view target = request.target();
  const std::size_t question = std::min(target.find('?'), target.size());
  HttpRequest result;
  result.method = text(request.method_string());
  result.path = text(target.substr(0, question));
  result.query = text(target.substr(std::min(question + 1, target.size())));
  result.authorization = text(request[http::field::authorization]);
  result.origin = text(request[http::field::origin]);
  result.body = request.body();
  return result;
}

HttpResponse answered(const Request& request, const HttpServer::Handler& handler) {
  const http::verb method = request.method();
  if (method != http::verb::get && method != http::verb::head && method != http::verb::post) {
    HttpResponse response = plain(405, "Only GET, HEAD and POST are answered.\n");
    response.headers.emplace_back("Allow", "GET, HEAD, POST");
    return response;
  }
  if (!request.target().starts_with('/')) return plain(400, "A request names a path.\n");
  try {
    return handler(parsed(request));
  } catch (const std::exception& error) {
    spdlog::error("an administration request failed: {}", error.what());
    return plain(500, "This request could not be answered.\n");
  }
}

std::optional<HttpResponse> complaint(const error_code& error) {
  if (error == http::error::end_of_stream || error == http::error::partial_message) return {};
  if (error == http::error::body_limit) return plain(413, "A body has at most 64 KiB.\n");
  if (error == http::error::header_limit || error == http::error::buffer_overflow)
    return plain(431, "The header has at most 8 KiB.\n");
  if (error.category() == http::make_error_code(http::error::bad_method).category())
    return plain(400, "This is no HTTP request.\n");
  return {};
}

void fill(Response& response, HttpResponse&& content) {
  response.result(content.status);
  response.set(http::field::content_type, content.content_type);
  response.set(http::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  for (const auto& [name, value] : content.headers) response.set(name, value);
  response.body() = std::move(content.body);
}

}  // namespace

}  // namespace multiconn::tools
