#include "http/http_server.hpp"

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "net/asio_strand.hpp"
#include "net/listener.hpp"

namespace multiconn::http {

namespace beast = boost::beast;
namespace wire = boost::beast::http;
using boost::asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr std::size_t max_sessions = 64;
constexpr std::uint32_t max_header = 8 * 1024;
constexpr std::uint64_t max_body = 64 * 1024;
// Of a request and its answer together, the wait for it on a connection that is kept included.
constexpr std::chrono::seconds exchange_timeout{10};

using Stream = beast::basic_stream<tcp, net::Strand, beast::unlimited_rate_policy>;
using Request = wire::request<wire::string_body>;
using Response = wire::response<wire::string_body>;

/// What the connections of a server share.
struct Shared {
  HttpServer::Handler handler;
  HttpServerOptions options;
  std::uint64_t waits = 0;  // that have begun
};

HttpResponse plain(unsigned status, std::string text);
HttpRequest parsed(const Request& request);
HttpResponse answered(const Request& request, const Shared& shared);
/// Nothing when there is nobody left to tell.
std::optional<HttpResponse> complaint(const error_code& error, const HttpServerOptions& options);
void fill(Response& response, HttpResponse&& content);

/// One connection; lives as long as a handler of its own is pending.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Stream stream, std::shared_ptr<Shared> shared)
      : stream_(std::move(stream)), buffer_(max_header + max_body), shared_(std::move(shared)) {}

  void read() {
    busy_ = false;
    wait_ = ++shared_->waits;
    parser_.emplace();
    parser_->header_limit(max_header);
    parser_->body_limit(shared_->options.posts ? max_body : 0);
    stream_.expires_after(exchange_timeout);
    wire::async_read(
        stream_, buffer_, *parser_,
        [self = shared_from_this()](const error_code& error, std::size_t) { self->received(error); });
  }

  void close() {
    closed_ = true;
    stream_.close();
  }

  /// Whether it rather than the other can be spared: idle before busy, and of two the one that began earlier.
  bool idlerThan(const Session& other) const {
    return std::pair(busy_, wait_) < std::pair(other.busy_, other.wait_);
  }

 private:
  void received(const error_code& error) {
    if (closed_) return;
    if (error) {
      auto told = complaint(error, shared_->options);
      if (!told) return close();
      return respond(std::move(*told), 11, false, false);
    }
    const Request request = parser_->release();
    respond(answered(request, *shared_), request.version(), request.keep_alive(),
            request.method() == wire::verb::head);
  }

  void respond(HttpResponse&& content, unsigned version, bool keep_alive, bool head_only) {
    busy_ = true;
    response_ = {};
    fill(response_, std::move(content));
    if (!shared_->options.server.empty()) response_.set(wire::field::server, shared_->options.server);
    response_.version(version);
    response_.keep_alive(keep_alive);
    response_.prepare_payload();
    if (!head_only) return send(response_);
    head_.emplace(response_.base());
    send(*head_);
  }

  template <typename Message>
  void send(Message& message) {
    wire::async_write(stream_, message, [self = shared_from_this()](const error_code& error, std::size_t) {
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
  std::shared_ptr<Shared> shared_;
  std::optional<wire::request_parser<wire::string_body>> parser_;
  Response response_;
  std::optional<wire::response<wire::empty_body>> head_;
  bool closed_ = false;
  bool busy_ = false;       // with an answer
  std::uint64_t wait_ = 0;  // for the request of now; later ones have higher numbers
};

}  // namespace

class HttpServer::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, std::unique_ptr<net::Listener> listener, Handler handler,
       HttpServerOptions options)
      : scheduler_(scheduler),
        shared_(std::make_shared<Shared>(Shared{std::move(handler), std::move(options)})),
        listener_(std::move(listener)),
        port_(listener_->port()) {
    listener_->start(
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
    if (sessions_.size() >= max_sessions) closeIdlest();
    Stream stream(net::strandOf(scheduler_));
    error_code error;
    stream.socket().assign(peer.isIpv6() ? tcp::v6() : tcp::v4(), socket.descriptor(), error);
    if (error) return;
    socket.release();
    const auto session = std::make_shared<Session>(std::move(stream), shared_);
    sessions_.push_back(session);
    session->read();
  }

  // Whoever holds connections open must not keep an administrator out.
  void closeIdlest() {
    const auto idlest = std::min_element(
        sessions_.begin(), sessions_.end(),
        [](const auto& left, const auto& right) { return left.lock()->idlerThan(*right.lock()); });
    idlest->lock()->close();
    sessions_.erase(idlest);
  }

  net::AsioScheduler& scheduler_;
  std::shared_ptr<Shared> shared_;
  std::unique_ptr<net::Listener> listener_;
  std::uint16_t port_;
  std::vector<std::weak_ptr<Session>> sessions_;
};

HttpServer::HttpServer(net::AsioScheduler& scheduler, std::unique_ptr<net::Listener> listener,
                       Handler handler, HttpServerOptions options)
    : impl_(std::make_unique<Impl>(scheduler, std::move(listener), std::move(handler), std::move(options))) {}
HttpServer::HttpServer(net::AsioScheduler& scheduler, const std::string& address, std::uint16_t port,
                       Handler handler, HttpServerOptions options)
    : HttpServer(scheduler, std::make_unique<net::Listener>(scheduler, address, port), std::move(handler),
                 std::move(options)) {}
HttpServer::~HttpServer() = default;
std::uint16_t HttpServer::port() const {
  return impl_->port();
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
  result.host = text(request[wire::field::host]);
  result.authorization = text(request[wire::field::authorization]);
  result.origin = text(request[wire::field::origin]);
  result.body = request.body();
  return result;
}

HttpResponse answered(const Request& request, const Shared& shared) {
  const wire::verb method = request.method();
  const bool posts = shared.options.posts;
  if (method != wire::verb::get && method != wire::verb::head && !(posts && method == wire::verb::post)) {
    HttpResponse response =
        plain(405, posts ? "Only GET, HEAD and POST are answered.\n" : "Only GET and HEAD are answered.\n");
    response.headers.emplace_back("Allow", posts ? "GET, HEAD, POST" : "GET, HEAD");
    return response;
  }
  if (!request.target().starts_with('/')) return plain(400, "A request names a path.\n");
  try {
    return shared.handler(parsed(request));
  } catch (const std::exception& error) {
    if (shared.options.log) shared.options.log(std::string("a request by HTTP failed: ") + error.what());
    return plain(500, "This request could not be answered.\n");
  }
}

std::optional<HttpResponse> complaint(const error_code& error, const HttpServerOptions& options) {
  if (error == wire::error::end_of_stream || error == wire::error::partial_message) return {};
  if (error == wire::error::body_limit)
    return plain(413, options.posts ? "A body has at most 64 KiB.\n" : "Requests have no body here.\n");
  if (error == wire::error::header_limit || error == wire::error::buffer_overflow)
    return plain(431, "The header has at most 8 KiB.\n");
  if (error.category() == wire::make_error_code(wire::error::bad_method).category())
    return plain(400, "This is no HTTP request.\n");
  return {};
}

void fill(Response& response, HttpResponse&& content) {
  response.result(content.status);
  response.set(wire::field::content_type, content.content_type);
  response.set(wire::field::cache_control, "no-store");
  response.set("X-Content-Type-Options", "nosniff");
  response.set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'");
  for (const auto& [name, value] : content.headers) response.set(name, value);
  response.body() = std::move(content.body);
}

}  // namespace

}  // namespace multiconn::http
