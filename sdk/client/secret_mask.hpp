#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include <multiconn/amf_value.hpp>

namespace multiconn::client {

/// Servers like to repeat the stream key in what they say ("stream KEY is now published"). This takes it out
/// again before a status leaves the library, together with credentials and query values.
class SecretMask {
 public:
  /// Ignored when empty.
  void add(std::string_view secret);
  /// "name?a=1&b=2": the whole, the name and the values. `name_is_secret`: false for an application, true for
  /// a stream.
  void addWithQuery(std::string_view text, bool name_is_secret);
  /// As addWithQuery(), of what a server said: the last 64 secrets, since it can say as many as it likes.
  void addFromServer(std::string_view text, bool name_is_secret);

  std::string text(std::string_view text) const;
  AmfValue value(const AmfValue& value) const;

 private:
  void sort();
  void hide(std::string& text, const std::string& secret) const;
  AmfObject object(const AmfObject& object, unsigned depth) const;
  AmfValue value(const AmfValue& value, unsigned depth) const;

  std::vector<std::string> own_;
  std::deque<std::string> from_server_;
  std::vector<std::string> secrets_;  // all, longest first, so that the whole goes before its parts
};

}  // namespace multiconn::client
