#pragma once

#include <memory>
#include <string>

#include <multiconn/destination.hpp>

#include "net/link.hpp"

struct ssl_ctx_st;

namespace multiconn::net {

class TlsContext;

/// Either half is set.
struct TlsContextResult {
  std::shared_ptr<const TlsContext> context;
  LinkFailure failure;
};

/// What the TLS connections of one configuration share: trusted authorities, or a server's certificate.
/// TLS 1.2 or later. Any thread.
class TlsContext {
 public:
  enum class Role : std::uint8_t { client, server };

  /// Links with the same options share one context for as long as one of them lives.
  static TlsContextResult client(const TlsOptions& options);
  /// PEM files: the certificate with its chain, and its key.
  static TlsContextResult server(const std::string& certificate_file, const std::string& key_file);

  Role role() const { return role_; }
  ssl_ctx_st* native() const { return native_.get(); }

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  explicit TlsContext(Role role);
  bool trust(const TlsOptions& options) const;

  Role role_;
  std::unique_ptr<ssl_ctx_st, Free> native_;
};

}  // namespace multiconn::net
