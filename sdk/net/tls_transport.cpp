#include "net/tls_transport.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/tls1.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"

namespace multiconn::net {
namespace {

constexpr std::size_t record_limit = 16 * 1024;  // RFC 8446 5.1

/// One for all connections of a thread: OpenSSL keeps what it could not write, encrypted, and never looks at
/// the bytes again.
std::span<std::byte> recordBuffer() {
  static thread_local const auto buffer = std::make_unique<std::array<std::byte, record_limit>>();
  return *buffer;
}

/// How much of the slices, behind the first `skip` bytes, the next record takes. There are as few records as
/// all of it needs. Where one of them may be shorter, it is the one that has a header in it and has to be
/// copied: the rest of the payload behind it is then whole records, which lie in place.
std::size_t recordSize(std::span<const rtmp::BytesView> slices, std::size_t skip) {
  std::size_t total = 0;
  for (const rtmp::BytesView slice : slices) total += slice.size();
  total -= skip;
  if (total <= record_limit) return total;
  const std::size_t spare = record_limit - 1 - (total - 1) % record_limit;
  std::size_t packed = 0;
  std::size_t size = slices.front().size() - skip;
  while (packed + size <= record_limit) {
    packed += size;
    slices = slices.subspan(1);
    size = slices.front().size();
  }
  const std::size_t shorter = packed + size % record_limit;
  return shorter <= record_limit && shorter + spare >= record_limit ? shorter : record_limit;
}

}  // namespace

/// The BIO's functions. Their results are also kept in the transport, so that an end or an error of the
/// socket need not be guessed from OpenSSL's queue.
struct TlsTransport::SocketCalls {
  static int write(BIO* bio, const char* data, int size) {
    auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const rtmp::BytesView slice = rtmp::asBytes({data, static_cast<std::size_t>(size)});
    const IoResult sent = self.writer_.write(self.socket_.descriptor(), {&slice, 1});
    if (sent.bytes > 0) return static_cast<int>(sent.bytes);
    if (sent.would_block) BIO_set_retry_write(bio);
    self.socket_error_ = sent.error.value();
    return -1;
  }

  static int read(BIO* bio, char* data, int size) {
    auto& self = *static_cast<TlsTransport*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    const IoResult received = receiveBytes(
        self.socket_.descriptor(), std::as_writable_bytes(std::span(data, static_cast<std::size_t>(size))));
    if (received.bytes > 0) return static_cast<int>(received.bytes);
    if (received.would_block) BIO_set_retry_read(bio);
    self.socket_ended_ = received.ended;
    self.socket_error_ = received.error.value();
    return received.ended ? 0 : -1;
  }

  static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

  static const BIO_METHOD* method() {
    static BIO_METHOD* const calls = [] {
      BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "multiconn socket");
      if (!made) throw std::bad_alloc();
      BIO_meth_set_write(made, write);
      BIO_meth_set_read(made, read);
      BIO_meth_set_ctrl(made, control);
      return made;
    }();
    return calls;
  }
};

void TlsTransport::Free::operator()(ssl_st* ssl) const {
  SSL_free(ssl);
}

TlsTransport::TlsTransport(AsioScheduler& scheduler, Socket socket, std::shared_ptr<const TlsContext> context,
                           std::string host)
    : scheduler_(scheduler),
      socket_(scheduler, std::move(socket)),
      writer_(socket_.descriptor()),
      context_(std::move(context)),
      host_(std::move(host)),
      ssl_(SSL_new(context_->native())) {
  BIO* bio = BIO_new(SocketCalls::method());
  if (!ssl_ || !bio) throw std::bad_alloc();
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_.get(), bio, bio);
  if (context_->role() == TlsContext::Role::client) {
    SSL_set_connect_state(ssl_.get());
    host_verifiable_ = verifyHost();
  } else {
    SSL_set_accept_state(ssl_.get());
  }
}

TlsTransport::~TlsTransport() = default;

// False: OpenSSL did not take the name or address, and would let every host pass.
bool TlsTransport::verifyHost() {
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl_.get());
  if (const auto address = Address::numeric(host_, 0)) {
    // RFC 6066 3: no literal addresses in SNI. In binary, since OpenSSL reads fewer spellings than the
    // resolver does.
    const rtmp::BytesView bytes = address->bytes();
    return X509_VERIFY_PARAM_set1_ip(parameters, reinterpret_cast<const unsigned char*>(bytes.data()),
                                     bytes.size()) == 1;
  }
  if (host_.ends_with('.')) host_.pop_back();
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, host_.data()) == 1 &&
         X509_VERIFY_PARAM_set1_host(parameters, host_.c_str(), host_.size()) == 1;
}

void TlsTransport::handshake(std::function<void(std::optional<LinkFailure>)> done) {
  handshake_done_ = std::move(done);
  handshake_start_ = scheduler_.after(Duration::zero(), [this] { stepHandshake(); });
}

void TlsTransport::stepHandshake() {
  if (!host_verifiable_ && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE) {
    if (const auto done = std::exchange(handshake_done_, nullptr))
      done(makeFailure(Error::tls_wrong_host, "no certificate can be for a host named " + host_));
    return;
  }
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_.get());
  switch (returned == 1 ? Want::nothing : wanted(returned)) {
    case Want::readable:
      return socket_.waitReadable([this] { stepHandshake(); });
    case Want::writable:
      return socket_.waitWritable([this] { stepHandshake(); });
    case Want::nothing:
      break;
  }
  const auto done = std::exchange(handshake_done_, nullptr);
  if (!done) return;
  returned == 1 ? done({}) : done(handshakeFailure());
}

TlsTransport::Want TlsTransport::wanted(int returned) const {
  switch (SSL_get_error(ssl_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return Want::readable;
    case SSL_ERROR_WANT_WRITE:
      return Want::writable;
    default:
      return Want::nothing;
  }
}

LinkFailure TlsTransport::handshakeFailure() const {
  const bool client = context_->role() == TlsContext::Role::client;
  const std::string peer = client ? host_ : "the client";
  const long verdict = SSL_get_verify_result(ssl_.get());
  const unsigned long queued = ERR_peek_error();
  ERR_clear_error();
  if (client && verdict != X509_V_OK && SSL_get_verify_mode(ssl_.get()) != SSL_VERIFY_NONE)
    return certificateFailure(verdict);
  if (socket_ended_)
    return makeFailure(Error::closed_in_handshake, peer + " closed the connection during the TLS handshake");
  if (socket_error_ != 0) {
    const std::error_code code(socket_error_, std::system_category());
    return makeFailure(code, describe(code, peer) + " during the TLS handshake");
  }
  if (ERR_GET_REASON(queued) == SSL_R_WRONG_VERSION_NUMBER || ERR_GET_REASON(queued) == SSL_R_HTTP_REQUEST)
    return makeFailure(Error::tls_failed, peer + " does not speak TLS on this port");
  if (ERR_GET_REASON(queued) == SSL_R_UNSUPPORTED_PROTOCOL ||
      ERR_GET_REASON(queued) == SSL_R_TLSV1_ALERT_PROTOCOL_VERSION)
    return {Error::tls_failed, peer + " speaks only versions of TLS older than 1.2, which are not safe",
            true};
  const char* reason = ERR_reason_error_string(queued);
  return makeFailure(Error::tls_failed,
                     "the TLS handshake with " + peer + " failed: " + (reason ? reason : "unknown reason"));
}

LinkFailure TlsTransport::certificateFailure(long verdict) const {
  switch (verdict) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return makeFailure(Error::tls_certificate_expired, "the certificate of " + host_ + " has expired");
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return makeFailure(Error::tls_certificate_expired, "the certificate of " + host_ + " is not valid yet");
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return makeFailure(Error::tls_wrong_host,
                         "the certificate that " + host_ + " shows is for another host");
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:  // an authority of the same name, with another key
      return makeFailure(Error::tls_certificate_unknown,
                         "the certificate of " + host_ + " comes from no trusted authority");
    default:
      return makeFailure(
          Error::tls_certificate_unknown,
          "the certificate of " + host_ + " is not acceptable: " + X509_verify_cert_error_string(verdict));
  }
}

IoResult TlsTransport::write(std::span<const rtmp::BytesView> slices) {
  IoResult result;
  while (true) {
    const rtmp::BytesView record = nextRecord(slices, result.bytes);
    if (record.empty()) return result;
    ERR_clear_error();
    const int written = SSL_write(ssl_.get(), record.data(), static_cast<int>(record.size()));
    if (written <= 0) {
      const Want want = wanted(written);
      result.would_block = want != Want::nothing;
      record_size_ = record.size();
      if (result.would_block)
        write_wants_ = want;
      else
        result.error = ioError();
      return result;
    }
    record_size_ = 0;
    result.bytes += static_cast<std::size_t>(written);
  }
}

/// What follows the first `skip` bytes of the slices, at most a record: in place where it lies in one slice,
/// else copied together.
rtmp::BytesView TlsTransport::nextRecord(std::span<const rtmp::BytesView> slices, std::size_t skip) const {
  while (!slices.empty() && skip >= slices.front().size()) {
    skip -= slices.front().size();
    slices = slices.subspan(1);
  }
  if (slices.empty()) return {};
  const std::size_t wanted = record_size_ != 0 ? record_size_ : recordSize(slices, skip);
  const rtmp::BytesView first = slices.front().subspan(skip);
  if (first.size() >= wanted) return first.first(wanted);
  const std::span<std::byte> record = recordBuffer();
  std::size_t packed = 0;
  for (std::size_t i = 0; i < slices.size() && packed < wanted; ++i) {
    const rtmp::BytesView slice = i == 0 ? first : slices[i];
    const std::size_t size = std::min(slice.size(), wanted - packed);
    std::copy_n(slice.begin(), size, record.begin() + static_cast<std::ptrdiff_t>(packed));
    packed += size;
  }
  return record.first(packed);
}

IoResult TlsTransport::read(std::span<std::byte> buffer) {
  IoResult result;
  while (result.bytes < buffer.size()) {
    ERR_clear_error();
    const auto rest = buffer.subspan(result.bytes);
    const int received = SSL_read(ssl_.get(), rest.data(), static_cast<int>(rest.size()));
    if (received > 0) {
      result.bytes += static_cast<std::size_t>(received);
      continue;
    }
    const Want want = wanted(received);
    result.would_block = want != Want::nothing;
    if (result.would_block) {
      read_wants_ = want;
    } else if (socket_ended_ || (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0) {
      // Many servers just close without close_notify; RTMP messages know their own length.
      result.ended = true;
    } else {
      result.error = ioError();
    }
    break;
  }
  // An end or error behind good bytes shows itself again at the next read.
  if (result.bytes > 0) {
    result.ended = false;
    result.error.clear();
  }
  return result;
}

std::error_code TlsTransport::ioError() const {
  if (socket_error_ != 0) return {socket_error_, std::system_category()};
  return Error::tls_failed;
}

void TlsTransport::waitReadable(std::function<void()> ready) {
  read_wants_ == Want::writable ? socket_.waitWritable(std::move(ready))
                                : socket_.waitReadable(std::move(ready));
}

void TlsTransport::waitWritable(std::function<void()> ready) {
  write_wants_ == Want::readable ? socket_.waitReadable(std::move(ready))
                                 : socket_.waitWritable(std::move(ready));
}

void TlsTransport::shutdownWrite() {
  sendCloseNotify();
}

void TlsTransport::sendCloseNotify() {
  ERR_clear_error();
  const int returned = SSL_shutdown(ssl_.get());
  if (returned < 0 && wanted(returned) == Want::writable)
    return socket_.waitWritable([this] { sendCloseNotify(); });
  ::shutdown(socket_.descriptor(), SHUT_WR);
}

}  // namespace multiconn::net
