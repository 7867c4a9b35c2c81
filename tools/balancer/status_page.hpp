#pragma once

#include <optional>
#include <string_view>

namespace multiconn::balancer {

/// A file of the status page: index.html, page.css, page.js. They are compiled in.
std::optional<std::string_view> pageFile(std::string_view name);

}  // namespace multiconn::balancer
