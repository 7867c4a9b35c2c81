#include "net/http_exchange.hpp"

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <utility>

#include "net/dialer.hpp"
#include "net/error.hpp"
#include "net/failure.hpp"

namespace multiconn::net {
namespace {

namespace http = boost::beast::http;

constexpr std::size_t header_limit = 16 * 1024;
constexpr std::size_t body_limit = 64 * 1024;
// Of everything received: a body in chunks may have more around it than in it.
constexpr std::size_t answer_limit = 2 * (header_limit + body_limit);

LinkTarget wayTo(const HttpUrl& url, const TlsOptions& tls);
std::string requestFor(const HttpUrl& url);
bool isTooLarge(const boost::beast::error_code& error);

}  // namespace

class HttpExchange::Impl {
 public:
  Impl(AsioScheduler& scheduler, const HttpUrl& url, const TlsOptions& tls,
       std::function<void(HttpAnswer)> done)
      : host_(url.host),
        secure_(url.secure),
        request_(requestFor(url)),
        done_(std::move(done)),
        dialer_(std::in_place, scheduler, wayTo(url, tls),
                [this](DialResult result) { dialed(std::move(result)); }) {
    parser_.header_limit(header_limit);
    parser_.body_limit(body_limit);
    parser_.eager(true);
  }

 private:
  void dialed(DialResult result);
  void write();
  void read();
  bool parse();
  void ended(std::error_code error);
  void finish();
  void fail(LinkFailure failure);
  void fail(std::error_code code, std::string text) { fail(makeFailure(code, std::move(text))); }

  std::string host_;
  bool secure_;
  std::string request_;
  std::size_t request_sent_ = 0;
  std::function<void(HttpAnswer)> done_;
  http::response_parser<http::string_body> parser_;
  std::string input_;  // not parsed yet
  std::size_t received_ = 0;
  std::optional<Dialer> dialer_;
  std::unique_ptr<Transport> transport_;
};

HttpExchange::HttpExchange(AsioScheduler& scheduler, const HttpUrl& url, const TlsOptions& tls,
                           std::function<void(HttpAnswer)> done)
    : impl_(std::make_unique<Impl>(scheduler, url, tls, std::move(done))) {}

HttpExchange::~HttpExchange() = default;

void HttpExchange::Impl::dialed(DialResult result) {
  dialer_.reset();
  if (!result.transport) return fail(std::move(result.failure));
  transport_ = std::move(result.transport);
  write();
}

// A server may answer and close before it has read anything: what it said is read, whatever becomes of the
// request.
void HttpExchange::Impl::write() {
  while (request_sent_ < request_.size()) {
    const rtmp::BytesView rest = rtmp::asBytes(std::string_view(request_).substr(request_sent_));
    const IoResult sent = transport_->write({&rest, 1});
    request_sent_ += sent.bytes;
    if (sent.error) break;
    if (sent.would_block) return transport_->waitWritable([this] { write(); });
  }
  read();
}

void HttpExchange::Impl::read() {
  std::array<char, 16 * 1024> buffer;
  while (true) {
    const IoResult result = transport_->read(std::as_writable_bytes(std::span(buffer)));
    input_.append(buffer.data(), result.bytes);
    received_ += result.bytes;
    if (result.bytes > 0 && parse()) return;
    if (result.error || result.ended) return ended(result.error);
    if (received_ > answer_limit)
      return fail(Error::protocol_violation, host_ + " answered with more than 64 KiB");
    if (result.would_block) return transport_->waitReadable([this] { read(); });
  }
}

/// True: it is over, and this may be destroyed.
bool HttpExchange::Impl::parse() {
  boost::beast::error_code error;
  input_.erase(0, parser_.put(boost::asio::buffer(input_), error));
  if (error == http::error::need_more) error.clear();
  if (isTooLarge(error)) {
    fail(Error::protocol_violation, host_ + " answered with more than 64 KiB");
  } else if (error) {
    fail(Error::protocol_violation, host_ + " does not speak HTTP on this port");
  } else if (parser_.is_done()) {
    finish();
  } else {
    return false;
  }
  return true;
}

void HttpExchange::Impl::ended(std::error_code error) {
  if (error) return fail(error, describe(error, host_));
  // Whoever can cut a TLS connection can shorten an answer that says nothing of its length.
  const bool complete = parser_.is_header_done() && parser_.need_eof() && !secure_;
  boost::beast::error_code ignored;
  if (complete) parser_.put_eof(ignored);
  if (complete && parser_.is_done()) return finish();
  fail(Error::closed_by_peer,
       host_ + (received_ == 0 ? " closed the connection without an answer"
                               : " closed the connection in the middle of its answer"));
}

void HttpExchange::Impl::finish() {
  auto& message = parser_.get();
  HttpAnswer answer;
  answer.status = message.result_int();
  answer.content_type = std::string(message[http::field::content_type]);
  answer.location = std::string(message[http::field::location]);
  answer.body = std::move(message.body());
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(answer));
}

void HttpExchange::Impl::fail(LinkFailure failure) {
  HttpAnswer answer;
  answer.failure = std::move(failure);
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(answer));
}

namespace {

/// The way to a web server is the way to an RTMP server: look-up, TCP, and TLS for the secure scheme.
LinkTarget wayTo(const HttpUrl& url, const TlsOptions& tls) {
  LinkTarget target;
  target.url.scheme = url.secure ? "rtmps" : "rtmp";
  target.url.host = url.host;
  target.url.port = url.port;
  target.tls = tls;
  return target;
}

std::string requestFor(const HttpUrl& url) {
  return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority() +
         "\r\nUser-Agent: multiconn\r\nAccept: application/json, text/plain\r\n"
         "Cache-Control: no-cache\r\nConnection: close\r\n\r\n";
}

bool isTooLarge(const boost::beast::error_code& error) {
  return error == http::error::body_limit || error == http::error::header_limit ||
         error == http::error::buffer_overflow;
}

}  // namespace
}  // namespace multiconn::net
