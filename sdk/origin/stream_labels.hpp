#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace multiconn::origin {

/// How streams are called where people and programs can read it. Their names are keys: whoever knows one may
/// publish.
class StreamLabels {
 public:
  explicit StreamLabels(bool show_names);

  /// Eight hex digits, the same for this stream as long as the server runs, from which the name cannot be
  /// guessed.
  std::string id(std::string_view app, std::string_view name) const;
  /// The name, or ****.
  std::string name(std::string_view name) const;
  /// "live/**** (1f2e3d4c)", fit for a log line.
  std::string line(std::string_view app, std::string_view name) const;

 private:
  bool show_names_;
  std::array<unsigned char, 32> secret_{};
};

/// Control characters, and all but ASCII in what is no UTF-8, become "?"; cut to 256 bytes.
std::string printable(std::string_view text);

}  // namespace multiconn::origin
