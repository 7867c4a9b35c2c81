#pragma once

#include <functional>
#include <memory>
#include <string>

#include <multiconn/destination.hpp>

#include "net/http_url.hpp"
#include "net/link.hpp"

namespace multiconn::net {

class AsioScheduler;

struct FetchRequest {
  HttpUrl url;
  TlsOptions tls;  ///< how the certificate of an https server is judged
};

struct FetchResult {
  unsigned status = 0;  ///< of the answer at the end of all redirects; 0: there is none, see failure
  std::string content_type;
  std::string body;  ///< 64 KiB at most
  LinkFailure failure;
};

/// A GET that is under way. Destroying it forgets it at once.
class Fetch {
 public:
  virtual ~Fetch() = default;
};

/// A GET that follows redirects: five at most, to no place twice, and never from https to http. `done` is
/// called once, from a task of its own, and may destroy the Fetch. No deadline: its owner has one.
std::unique_ptr<Fetch> fetch(AsioScheduler& scheduler, FetchRequest request,
                             std::function<void(FetchResult)> done);

}  // namespace multiconn::net
