#include "agent/http/http_client.hpp"

#include <openssl/evp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <system_error>

#include "agent/http/resolve.hpp"

namespace multiconn::tools {
namespace {

namespace http = boost::beast::http;

/// One exchange's socket, deadline and words for what goes wrong.
class Exchange {
 public:
  Exchange(const HttpUrl& url, const HttpAsk& ask, const Interrupt* interrupt)
      : url_(url),
        ask_(ask),
        interrupt_(interrupt),
        deadline_(std::chrono::steady_clock::now() + ask.timeout) {}

  HttpReply run() {
    connect();
    send(request());
    return receive();
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(url_.shown() + " " + what);
  }
  void wait(short events) const {
    switch (waitFor(socket_.descriptor(), events, deadline_, interrupt_)) {
      case Waited::ready:
        return;
      case Waited::late:
        fail("did not answer within " + std::to_string(ask_.timeout.count()) + " ms");
      case Waited::interrupted:
        fail("was not waited for");
    }
  }
  void connect();
  bool connectTo(const net::Address& address);
  std::string request() const;
  void send(std::string_view text) const;
  HttpReply receive() const;

  const HttpUrl& url_;
  const HttpAsk& ask_;
  const Interrupt* interrupt_;
  Deadline deadline_;
  net::Socket socket_;
  int error_ = 0;
};

void Exchange::connect() {
  for (const net::Address& address : resolve(url_.host, url_.port, deadline_, interrupt_)) {
    if (connectTo(address)) return;
  }
  fail("cannot be reached: " + std::system_category().message(error_));
}

bool Exchange::connectTo(const net::Address& address) {
  socket_.reset(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (socket_ && ::connect(socket_.descriptor(), address.data(), address.size()) == 0) return true;
  error_ = errno;
  if (!socket_ || error_ != EINPROGRESS) return false;
  wait(POLLOUT);
  socklen_t size = sizeof error_;
  ::getsockopt(socket_.descriptor(), SOL_SOCKET, SO_ERROR, &error_, &size);
  return error_ == 0;
}

std::string Exchange::request() const {
  const std::string& authorization = ask_.authorization.empty() ? url_.authorization : ask_.authorization;
  std::string text = ask_.method + " " + url_.target + " HTTP/1.1\r\nHost: " + url_.origin().substr(7) +
                     "\r\nConnection: close\r\nAccept: */*\r\nUser-Agent: multiconn\r\n";
  if (!authorization.empty()) text += "Authorization: " + authorization + "\r\n";
  if (ask_.method != "GET") text += "Content-Length: 0\r\n";
  return text + "\r\n";
}

void Exchange::send(std::string_view text) const {
  while (!text.empty()) {
    const auto sent = ::send(socket_.descriptor(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      text.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EINTR) {
      wait(POLLOUT);
    } else {
      fail("closed the connection");
    }
  }
}

HttpReply Exchange::receive() const {
  http::response_parser<http::string_body> parser;
  parser.body_limit(ask_.max_body);
  parser.eager(true);
  std::string unread;
  std::array<char, 16384> buffer{};
  while (!parser.is_done()) {
    wait(POLLIN);
    const auto count = ::recv(socket_.descriptor(), buffer.data(), buffer.size(), 0);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) fail("closed the connection");
    boost::system::error_code error;
    if (count == 0) {
      if (parser.got_some()) parser.put_eof(error);
      if (error || !parser.is_done()) fail("closed the connection before its answer was complete");
      break;
    }
    unread.append(buffer.data(), static_cast<std::size_t>(count));
    // An incomplete header stays unread until the rest of it has come.
    const std::size_t used = parser.put(boost::asio::buffer(unread), error);
    unread.erase(0, used);
    if (error && error != http::error::need_more) fail("answered with something that is no HTTP");
  }
  return {parser.get().result_int(), std::move(parser.get().body())};
}

std::string basic(const std::string& credentials) {
  // 4 characters for each 3 bytes begun, and the terminator that OpenSSL writes.
  std::string text((credentials.size() + 2) / 3 * 4 + 1, '\0');
  const int size = ::EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(credentials.data()),
                                     static_cast<int>(credentials.size()));
  text.resize(static_cast<std::size_t>(size));
  return "Basic " + text;
}

}  // namespace

std::string HttpUrl::origin() const {
  const bool ipv6 = host.find(':') != std::string::npos;
  return "http://" + (ipv6 ? "[" + host + "]" : host) + (port == 80 ? "" : ":" + std::to_string(port));
}

std::string HttpUrl::shown() const {
  return origin() + target.substr(0, target.find('?'));
}

HttpUrl HttpUrl::withTarget(std::string other) const {
  HttpUrl url = *this;
  url.target = std::move(other);
  return url;
}

HttpUrl parseHttpUrl(std::string_view text) {
  const auto parsed = boost::urls::parse_uri({text.data(), text.size()});
  // The text itself may hold a password.
  if (!parsed || parsed->scheme() != "http" || parsed->host().empty())
    throw std::invalid_argument("a URL has to be http://host[:port][/path]");
  HttpUrl url;
  url.host = parsed->host_address();
  if (parsed->has_port()) {
    const std::string port = parsed->port();
    url.port = 0;
    std::from_chars(port.data(), port.data() + port.size(), url.port);
  }
  if (url.port == 0) throw std::invalid_argument("a URL has to be http://host[:port][/path]");
  if (!parsed->encoded_target().empty()) url.target = std::string(parsed->encoded_target());
  if (url.target.front() != '/') url.target.insert(0, "/");
  if (parsed->has_userinfo()) url.authorization = basic(parsed->user() + ":" + parsed->password());
  return url;
}

HttpReply httpExchange(const HttpUrl& url, const HttpAsk& ask, const Interrupt* interrupt) {
  return Exchange(url, ask, interrupt).run();
}

}  // namespace multiconn::tools
