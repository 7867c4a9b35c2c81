#include "bench_socket.hpp"

#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace multiconn::bench {
namespace {

// What OpenSSL reads at once.
constexpr std::size_t read_size = 256 * 1024;

std::shared_ptr<SSL_CTX> makeContext(const SSL_METHOD* method) {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(method), SSL_CTX_free);
  if (!context) throw std::runtime_error("OpenSSL does not start");
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_options(context.get(), SSL_OP_IGNORE_UNEXPECTED_EOF);
  return context;
}

}  // namespace

TlsSide TlsSide::client(const std::string& ca_file) {
  TlsSide side;
  if (ca_file.empty()) return side;
  side.context_ = makeContext(TLS_client_method());
  SSL_CTX_set_verify(side.native(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_file(side.native(), ca_file.c_str()) != 1)
    throw std::runtime_error("cannot read " + ca_file);
  return side;
}

TlsSide TlsSide::server(const std::string& certificate_file, const std::string& key_file) {
  TlsSide side;
  if (certificate_file.empty()) return side;
  side.context_ = makeContext(TLS_server_method());
  SSL_CTX_set_read_ahead(side.native(), 1);
  SSL_CTX_set_default_read_buffer_len(side.native(), read_size);
  if (SSL_CTX_use_certificate_file(side.native(), certificate_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_PrivateKey_file(side.native(), key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    throw std::runtime_error("cannot read " + certificate_file + " and " + key_file);
  return side;
}

void BenchSocket::Close::operator()(int* socket) const {
  ::close(*socket);
  delete socket;
}

void BenchSocket::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

BenchSocket::BenchSocket(int socket, const TlsSide& tls, bool server) : socket_(new int(socket)) {
  if (tls.native() == nullptr) return;
  tls_.reset(SSL_new(tls.native()));
  if (!tls_ || SSL_set_fd(tls_.get(), socket) != 1) throw std::runtime_error("OpenSSL does not start");
  server ? SSL_set_accept_state(tls_.get()) : SSL_set_connect_state(tls_.get());
}

BenchSocket::~BenchSocket() = default;

void BenchSocket::neverBlock() const {
  fcntl(descriptor(), F_SETFL, fcntl(descriptor(), F_GETFL) | O_NONBLOCK);
}

ssize_t BenchSocket::write(rtmp::BytesView bytes) const {
  if (!tls_) return ::send(descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ERR_clear_error();
  return result(SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size())));
}

ssize_t BenchSocket::read(std::byte* buffer, std::size_t size, int flags) const {
  if (!tls_) return ::recv(descriptor(), buffer, size, flags);
  ERR_clear_error();
  return result(SSL_read(tls_.get(), buffer, static_cast<int>(size)));
}

ssize_t BenchSocket::result(int returned) const {
  if (returned > 0) return returned;
  const int error = SSL_get_error(tls_.get(), returned);
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return 0;
  errno = EAGAIN;
  return -1;
}

void BenchSocket::writeAll(rtmp::BytesView bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = write(bytes);
    if (count > 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(count));
    } else if (count < 0 && errno == EAGAIN) {
      pollfd writable{descriptor(), POLLOUT, 0};
      ::poll(&writable, 1, -1);
    } else if (count == 0 || errno != EINTR) {
      return;
    }
  }
}

}  // namespace multiconn::bench
