#pragma once

#include <functional>
#include <memory>
#include <utility>

namespace multiconn::client {

/// A function whose copies share their state: a lambda that counts goes on counting, whichever copy is
/// called.
template <typename Result, typename... Arguments>
std::function<Result(Arguments...)> sharedFunction(std::function<Result(Arguments...)> function) {
  if (!function) return nullptr;
  return [shared = std::make_shared<std::function<Result(Arguments...)>>(std::move(function))](
             Arguments... arguments) -> Result { return (*shared)(std::forward<Arguments>(arguments)...); };
}

}  // namespace multiconn::client
