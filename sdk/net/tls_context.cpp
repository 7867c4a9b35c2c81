#include "net/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <map>
#include <mutex>
#include <new>
#include <utility>

#include "net/error.hpp"
#include "net/failure.hpp"

namespace multiconn::net {

void TlsContext::Free::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

TlsContext::TlsContext(Role role)
    : role_(role), native_(SSL_CTX_new(role == Role::client ? TLS_client_method() : TLS_server_method())) {
  if (!native_) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(native(), TLS1_2_VERSION);
  SSL_CTX_set_options(native(), SSL_OP_NO_RENEGOTIATION);
  SSL_CTX_set_mode(native(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                 SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(native(), 1);
}

TlsContextResult TlsContext::client(const TlsOptions& options) {
  static std::mutex mutex;
  static std::map<std::pair<std::string, bool>, std::weak_ptr<const TlsContext>> shared;
  const std::lock_guard lock(mutex);
  std::erase_if(shared, [](const auto& entry) { return entry.second.expired(); });
  auto& known = shared[{options.ca_file, options.insecure}];
  if (auto context = known.lock()) return {context, {}};

  const std::shared_ptr<const TlsContext> context(new TlsContext(Role::client));
  if (!context->trust(options)) {
    ERR_clear_error();
    return {nullptr, makeFailure(Error::ca_file_unreadable,
                                 "no certificate could be read from the file " + options.ca_file)};
  }
  known = context;
  return {context, {}};
}

bool TlsContext::trust(const TlsOptions& options) const {
  if (options.insecure) {
    SSL_CTX_set_verify(native(), SSL_VERIFY_NONE, nullptr);
    return true;
  }
  SSL_CTX_set_verify(native(), SSL_VERIFY_PEER, nullptr);
  if (options.ca_file.empty()) return SSL_CTX_set_default_verify_paths(native()) == 1;
  return SSL_CTX_load_verify_file(native(), options.ca_file.c_str()) == 1;
}

TlsContextResult TlsContext::server(const std::string& certificate_file, const std::string& key_file) {
  const std::shared_ptr<const TlsContext> context(new TlsContext(Role::server));
  SSL_CTX* native = context->native();
  const auto unreadable = [](const std::string& text) {
    ERR_clear_error();
    return TlsContextResult{nullptr, makeFailure(Error::ca_file_unreadable, text)};
  };
  if (SSL_CTX_use_certificate_chain_file(native, certificate_file.c_str()) != 1)
    return unreadable("no certificate could be read from the file " + certificate_file);
  if (SSL_CTX_use_PrivateKey_file(native, key_file.c_str(), SSL_FILETYPE_PEM) != 1)
    return unreadable("no key that fits the certificate could be read from the file " + key_file);
  return {context, {}};
}

}  // namespace multiconn::net
