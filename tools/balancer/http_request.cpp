#include "balancer/http_request.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/status.hpp>

#include <array>
#include <charconv>
#include <optional>

namespace multiconn::balancer {

namespace http = boost::beast::http;

namespace {

using boost::system::error_code;
using Text = boost::beast::string_view;

/// Keeps the request line; fields other than those that say where the message ends are passed over.
class Parser final : public http::basic_parser<true> {
 public:
  std::string_view method, target;

 private:
  void on_request_impl(http::verb, Text verb, Text uri, int, error_code&) override {
    method = {verb.data(), verb.size()};
    target = {uri.data(), uri.size()};
  }
  void on_response_impl(int, Text, int, error_code&) override {}
  void on_field_impl(http::field, Text, Text, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(Text, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, Text, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, Text, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
};

std::string_view reasonOf(unsigned status) {
  const auto text = http::obsolete_reason(static_cast<http::status>(status));
  return {text.data(), text.size()};
}

void appendNumber(std::string& out, std::size_t number) {
  std::array<char, 24> digits;
  out.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
}

HttpParse refused(unsigned status) {
  HttpParse parse;
  parse.result = HttpParse::Result::refused;
  parse.status = status;
  return parse;
}

}  // namespace

HttpParse parseHttpRequest(std::string_view bytes, std::size_t limit) {
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limit));
  parser.body_limit(0);
  error_code error;
  HttpParse parse;
  parse.consumed = parser.put(boost::asio::const_buffer(bytes.data(), bytes.size()), error);
  if (error == http::error::need_more) return {};
  if (error == http::error::header_limit) {
    return refused(bytes.substr(0, limit).find('\n') == std::string_view::npos ? 414 : 431);
  }
  if (error == http::error::body_limit) return refused(413);
  if (error) return refused(400);
  if (!parser.is_header_done()) return {};
  // A body would have to be read past, for requests that have no use for one.
  if (!parser.is_done()) return refused(413);
  parse.result = HttpParse::Result::complete;
  parse.request = {parser.method, parser.target, parser.keep_alive()};
  return parse;
}

void HttpReply::reset() {
  status = 200;
  content_type = "text/plain; charset=utf-8";
  fields.clear();
  body.clear();
}

void HttpReply::plain(unsigned code, std::string_view text) {
  reset();
  status = code;
  body = text;
}

void appendResponse(std::string& out, const HttpReply& reply, std::string_view date, bool head_only,
                    bool keep_alive) {
  out += "HTTP/1.1 ";
  appendNumber(out, reply.status);
  out += ' ';
  out += reasonOf(reply.status);
  out += "\r\nServer: multiconn-balancer\r\nDate: ";
  out += date;
  out += "\r\nContent-Type: ";
  out += reply.content_type;
  out += "\r\nContent-Length: ";
  appendNumber(out, reply.body.size());
  out += keep_alive ? "\r\nConnection: keep-alive\r\n" : "\r\nConnection: close\r\n";
  out += "Cache-Control: no-store\r\n";
  out += reply.fields;
  out += "\r\n";
  if (!head_only) out += reply.body;
}

}  // namespace multiconn::balancer
