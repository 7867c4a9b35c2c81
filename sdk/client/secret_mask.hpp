#pragma once

#include <cstddef>
#include <deque>
#include <set>
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
  /// One that soon is of no use: the last few of them.
  void addPassing(std::string_view secret);
  /// As addWithQuery(), of what a server said: the last 64 secrets, since it can say as many as it likes.
  void addFromServer(std::string_view text, bool name_is_secret);

  /// How many there are.
  std::size_t size() const { return secrets_.size(); }

  std::string text(std::string_view text) const;
  AmfValue value(const AmfValue& value) const;

 private:
  bool addTo(std::deque<std::string>& list, std::string_view secret, std::size_t most);
  void sort();
  void hide(std::string& text, const std::string& secret) const;
  AmfObject object(const AmfObject& object, unsigned depth) const;
  AmfValue value(const AmfValue& value, unsigned depth) const;

  std::set<std::string, std::less<>> own_;
  std::deque<std::string> passing_, from_server_;
  std::vector<std::string> secrets_;  // all, longest first, so that the whole goes before its parts
};

}  // namespace multiconn::client
