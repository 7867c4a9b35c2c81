#pragma once

#include <exception>
#include <string>

namespace multiconn::test {

/// What `call` throws, or "".
template <typename Call>
std::string errorOf(Call call) {
  try {
    call();
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

}  // namespace multiconn::test
