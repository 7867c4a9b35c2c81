#include "net/http_requests.hpp"

#include <array>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "net/error.hpp"

namespace multiconn::net {

namespace http = boost::beast::http;

namespace {

constexpr std::size_t header_limit = 8 * 1024;
constexpr std::size_t answer_limit = 4 * 1024 * 1024;

}  // namespace

struct HttpRequests::Parser : http::response_parser<http::string_body> {
  Parser() {
    header_limit(net::header_limit);
    body_limit(answer_limit);
    eager(true);
  }
};

HttpRequests::HttpRequests(Scheduler& scheduler, std::unique_ptr<Transport> transport, std::string host,
                           std::function<void()> ready)
    : scheduler_(scheduler),
      transport_(std::move(transport)),
      host_(std::move(host)),
      ready_(std::move(ready)) {}

HttpRequests::~HttpRequests() = default;

void HttpRequests::post(std::string_view path, rtmp::BytesView body) {
  const std::string head =
      "POST /" + std::string(path) + " HTTP/1.1\r\nHost: " + host_ +
      "\r\nUser-Agent: Shockwave Flash\r\nConnection: Keep-Alive"
      "\r\nCache-Control: no-cache\r\nContent-Type: application/x-fcs\r\nContent-Length: " +
      std::to_string(body.size()) + "\r\n\r\n";
  request_.clear();
  request_sent_ = 0;
  rtmp::ByteWriter(request_).text(head).bytes(body);
  under_way_ = true;
}

/// After an error the server's last words may lie unread in the socket: they come first.
void HttpRequests::flush() {
  while (!waiting_writable_ && request_sent_ < request_.size() && !ended_ && !write_error_) {
    const rtmp::BytesView rest = rtmp::BytesView(request_).subspan(request_sent_);
    const IoResult sent = transport_->write({&rest, 1});
    request_sent_ += sent.bytes;
    if (sent.error) {
      write_error_ = sent.error;
      request_.clear();
      return scheduler_.post(later([](HttpRequests&) {}));
    }
    if (!sent.would_block) continue;
    waiting_writable_ = true;
    transport_->waitWritable(later([](HttpRequests& self) { self.waiting_writable_ = false; }));
  }
}

std::optional<HttpRequests::Answer> HttpRequests::receive() {
  while (!ended_) {
    if (auto answer = parse()) return answer;
    if (ended_ || !readSome()) return {};
  }
  return {};
}

/// False: there is nothing more now, or ever.
bool HttpRequests::readSome() {
  if (waiting_readable_ && !write_error_) return false;
  std::array<std::byte, 16 * 1024> buffer;
  const IoResult result = transport_->read(buffer);
  rtmp::ByteWriter(input_).bytes(std::span(buffer).first(result.bytes));
  if (result.error || result.ended) {
    end(result.error);
  } else if (result.would_block && write_error_) {
    if (result.bytes == 0) end(write_error_);
  } else if (result.would_block) {
    waiting_readable_ = true;
    transport_->waitReadable(later([](HttpRequests& self) { self.waiting_readable_ = false; }));
  }
  return result.bytes > 0;
}

std::optional<HttpRequests::Answer> HttpRequests::parse() {
  if (input_.empty()) return {};
  const auto refuse = [this]() -> std::optional<Answer> {
    end(Error::tunnel_failed);
    return {};
  };
  if (!under_way_) return refuse();
  if (!parser_) parser_ = std::make_unique<Parser>();
  boost::beast::error_code error;
  const std::size_t used = parser_->put(boost::asio::buffer(input_), error);
  input_.erase(input_.begin(), input_.begin() + static_cast<std::ptrdiff_t>(used));
  if (error == http::error::need_more) return {};
  if (error || (parser_->is_header_done() && parser_->need_eof())) return refuse();
  if (!parser_->is_done()) return {};
  Answer answer{parser_->get().result_int(), std::move(parser_->get().body())};
  parser_.reset();
  under_way_ = false;
  return answer;
}

void HttpRequests::end(std::error_code error) {
  ended_ = true;
  error_ = error;
}

void HttpRequests::close() {
  ready_ = nullptr;
  ended_ = true;
  transport_->close();
}

template <typename Task>
std::function<void()> HttpRequests::later(Task task) {
  return [weak = weak_from_this(), task] {
    const auto self = weak.lock();
    if (!self) return;
    task(*self);
    if (const auto ready = self->ready_) ready();
  };
}

}  // namespace multiconn::net
