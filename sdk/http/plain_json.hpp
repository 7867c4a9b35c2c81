#pragma once

#include <string>

namespace boost::json {
class value;
}

namespace multiconn::http {

/// JSON text whose numbers people can read: 2.1 and 1000, where Boost.JSON writes 2.1E0 and 1E3. The value is
/// our own: nesting is not bounded. A number that is not finite becomes null.
std::string plainJson(const boost::json::value& value);

}  // namespace multiconn::http
