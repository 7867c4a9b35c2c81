#include "client/sentence.hpp"

#include <string_view>

namespace multiconn::client {

std::string sentence(std::string text) {
  if (text.empty()) return text;
  const bool url = std::string_view(text).substr(0, text.find(' ')).find("://") != std::string_view::npos;
  if (!url && text.front() >= 'a' && text.front() <= 'z')
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  if (std::string_view(".!?").find(text.back()) == std::string_view::npos) text += '.';
  return text;
}

}  // namespace multiconn::client
