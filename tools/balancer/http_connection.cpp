#include "balancer/http_connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "balancer/client_address.hpp"

namespace multiconn::balancer {
namespace {

// Answers that are made before the socket has to take them.
constexpr std::size_t output_mark = 128 * 1024;
// Of a client that is refused and goes on sending: closing earlier would reset the connection, and the
// answer might be lost with it.
constexpr std::size_t drain_bytes = 16 * 1024 * 1024;
constexpr std::chrono::seconds drain_time{2};

std::string_view sentenceOf(unsigned status) {
  switch (status) {
    case 413:
      return "A request here has no body.\n";
    case 414:
      return "The request line is too long.\n";
    case 431:
      return "The request header is too long.\n";
    default:
      return "This is not HTTP/1.1.\n";
  }
}

balance::TimePoint clockNow() {
  return std::chrono::steady_clock::now();
}

bool isTemporary(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

}  // namespace

HttpConnection::HttpConnection(HttpWorkshop& shop, net::Socket socket, const net::Address& peer,
                               balance::TimePoint now)
    : shop_(shop),
      socket_(std::move(socket)),
      client_(hostOf(peer)),
      deadline_(now + shop.limits.request_timeout) {
  const int on = 1;
  ::setsockopt(socket_.descriptor(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

HttpConnection::~HttpConnection() {
  if (watched_) shop_.ready.forget(socket_.descriptor(), *this);
}

void HttpConnection::ready(bool readable, bool writable) {
  bool alive = true;
  if (draining_) {
    alive = drain();
  } else if (for_writing_) {
    // Readable was not asked for: it stands for an error.
    alive = writable ? resume() : !readable;
  } else {
    alive = receive();
  }
  if (!alive) over();
}

bool HttpConnection::receive() {
  const ssize_t size = ::recv(socket_.descriptor(), shop_.input.data(), shop_.input.size(), MSG_DONTWAIT);
  if (size < 0) return isTemporary(errno) && watch(false);
  if (size == 0) return false;
  const std::string_view bytes(shop_.input.data(), static_cast<std::size_t>(size));
  if (input_.empty()) return serve(bytes);
  const std::string whole = std::exchange(input_, {}).append(bytes);
  return serve(whole);
}

bool HttpConnection::serve(std::string_view bytes) {
  bool progress = false;
  while (output_.empty() && !closing_) {
    shop_.output.clear();
    const std::string_view rest = answerAll(bytes);
    if (rest.size() == bytes.size() && !closing_) break;
    progress = true;
    bytes = rest;
    if (!send(shop_.output)) return false;
  }
  if (progress) answered();
  keep(bytes, progress);
  if (!output_.empty()) return watch(true);
  return closing_ ? finish() : watch(false);
}

// Every request that is complete, but not more answers than the socket may be expected to take. Returns
// what is left.
std::string_view HttpConnection::answerAll(std::string_view bytes) {
  const balance::TimePoint now = clockNow();
  while (!bytes.empty() && !closing_ && shop_.output.size() < output_mark) {
    const HttpParse parse = parseHttpRequest(bytes, shop_.limits.head_bytes);
    if (parse.result == HttpParse::Result::incomplete) break;
    if (parse.result == HttpParse::Result::refused) {
      refuse(parse.status);
      return {};
    }
    ++shop_.requests;
    shop_.answer(parse.request, client_, now, shop_.reply);
    closing_ = !parse.request.keep_alive;
    appendResponse(shop_.output, shop_.reply, shop_.date, parse.request.method == "HEAD", !closing_);
    bytes.remove_prefix(parse.consumed);
  }
  return bytes;
}

void HttpConnection::refuse(unsigned status) {
  shop_.reply.plain(status, sentenceOf(status));
  appendResponse(shop_.output, shop_.reply, shop_.date, false, false);
  closing_ = refused_ = true;
}

// A request has request_timeout as a whole, however its bytes drip in; so has an answer to be taken.
void HttpConnection::keep(std::string_view rest, bool progress) {
  const bool idle = rest.empty() && output_.empty();
  if (progress || !in_request_) {
    deadline_ = clockNow() + (idle ? shop_.limits.idle_timeout : shop_.limits.request_timeout);
  }
  in_request_ = !idle;
  if (!closing_) input_.assign(rest);
}

// What the socket does not take stays in output_.
bool HttpConnection::send(std::string_view bytes) {
  const ssize_t sent = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && !isTemporary(errno)) return false;
  if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  if (!bytes.empty()) output_.assign(bytes);
  return true;
}

bool HttpConnection::resume() {
  const std::string bytes = std::exchange(output_, {});
  if (!send(bytes)) return false;
  if (!output_.empty()) return true;
  const std::string waiting = std::exchange(input_, {});
  return serve(waiting);
}

bool HttpConnection::finish() {
  if (!refused_) return false;
  draining_ = true;
  deadline_ = clockNow() + drain_time;
  ::shutdown(socket_.descriptor(), SHUT_WR);
  return watch(false) && drain();
}

bool HttpConnection::drain() {
  const ssize_t size = ::recv(socket_.descriptor(), shop_.input.data(), shop_.input.size(), MSG_DONTWAIT);
  if (size < 0) return isTemporary(errno);
  drained_ += static_cast<std::size_t>(size);
  return size > 0 && drained_ < drain_bytes;
}

bool HttpConnection::watch(bool for_writing) {
  if (!watched_ && !shop_.ready.watch(socket_.descriptor(), *this)) return false;
  watched_ = true;
  if (for_writing != for_writing_) {
    shop_.ready.await(socket_.descriptor(), *this, !for_writing, for_writing);
  }
  for_writing_ = for_writing;
  return true;
}

}  // namespace multiconn::balancer
