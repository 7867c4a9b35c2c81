#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace multiconn::balancer {

/// One request as it stands in a buffer; the views are valid as long as that is.
struct HttpRequestView {
  std::string_view method, target;
  bool keep_alive = false;
};

struct HttpParse {
  enum class Result : unsigned char { complete, incomplete, refused };
  Result result = Result::incomplete;
  HttpRequestView request;   ///< with complete
  std::size_t consumed = 0;  ///< with complete
  unsigned status = 0;       ///< with refused: what to answer before closing
};

/// Parses the first request in `bytes`, without allocating. A head longer than `limit`, a request with a
/// body and whatever is no HTTP/1 are refused.
HttpParse parseHttpRequest(std::string_view bytes, std::size_t limit);

/// A response as it is made. One is used again and again, so that its memory stays.
struct HttpReply {
  unsigned status = 200;
  std::string_view content_type = "text/plain; charset=utf-8";
  std::string fields;  ///< further ones, each ended by CRLF; without anything a client could have put there
  std::string body;

  void reset();
  void plain(unsigned code, std::string_view text);
};

/// Appends head and body. `date`: as an HTTP date. `head_only`: the body is left out, its length is not.
void appendResponse(std::string& out, const HttpReply& reply, std::string_view date, bool head_only,
                    bool keep_alive);

}  // namespace multiconn::balancer
