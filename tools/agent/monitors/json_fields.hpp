#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace multiconn::agent {

/// What another program says in JSON. Throws std::runtime_error("WHO answered with ...") when it is none.
boost::json::object parseObject(std::string_view text, const std::string& who);

// A field of that name and kind, or nothing.
const boost::json::object* objectIn(const boost::json::object& object, std::string_view name);
const boost::json::array* arrayIn(const boost::json::object& object, std::string_view name);
std::string_view textIn(const boost::json::object& object, std::string_view name);
std::optional<double> numberIn(const boost::json::object& object, std::string_view name);
/// Not negative, rounded down.
std::optional<std::uint64_t> countIn(const boost::json::object& object, std::string_view name);

}  // namespace multiconn::agent
