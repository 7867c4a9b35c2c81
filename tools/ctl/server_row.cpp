#include "ctl/server_row.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <cstdio>
#include <stdexcept>

namespace multiconn::ctl {
namespace {

namespace json = boost::json;

constexpr std::size_t column_count = 8;
using Cells = std::array<std::string, column_count>;

constexpr std::array<bool, column_count> right_aligned{false, false, false, true, true, true, true, true};

json::object parseObject(std::string_view text) {
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object())
    throw std::runtime_error("this is not the admin listener of a balancer or agent");
  return std::move(value.get_object());
}

/// What a terminal can show without obeying it.
std::string textIn(const json::object& object, const char* name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  std::string text(value->get_string().data(), value->get_string().size());
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < 32 || c == 127; }, '?');
  return text.substr(0, 253);
}

/// A balancer says "running" here and RUNNING in ?serverInfoXML.
std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

std::optional<double> numberIn(const json::object& object, const char* name) {
  const json::value* const value = object.if_contains(name);
  if (value == nullptr || !value->is_number()) return {};
  return value->to_number<double>();
}

std::optional<std::uint64_t> countIn(const json::object& object, const char* name) {
  const auto number = numberIn(object, name);
  if (!number || !(*number >= 0) || *number > 9e18) return {};
  return static_cast<std::uint64_t>(*number);
}

ServerRow rowOf(const json::object& object) {
  ServerRow row;
  row.id = textIn(object, "id");
  row.status = upper(textIn(object, "status"));
  row.redirect = textIn(object, "redirect");
  row.connections = countIn(object, "connections");
  row.capacity = countIn(object, "capacity");
  row.load = numberIn(object, "load");
  row.redirects = countIn(object, "redirects");
  row.age_ms = countIn(object, "last_report_ms");
  if (row.id.empty()) throw std::runtime_error("this is not the admin listener of a balancer or agent");
  return row;
}

/// With one digit behind the point.
std::string printed(double value, const char* unit) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, unit);
  return text.data();
}

std::string printed(std::optional<std::uint64_t> count) {
  return count ? std::to_string(*count) : "-";
}

Cells cellsOf(const ServerRow& row) {
  return {row.id,
          row.status,
          row.redirect.empty() ? "-" : row.redirect,
          printed(row.connections),
          printed(row.capacity),
          row.load ? printed(*row.load * 100, "%") : "-",
          printed(row.redirects),
          row.age_ms ? printed(static_cast<double>(*row.age_ms) / 1000, "s") : "-"};
}

void append(std::string& text, const Cells& cells, const std::array<std::size_t, column_count>& widths,
            std::size_t width) {
  std::string line;
  for (std::size_t i = 0; i < column_count; ++i) {
    const std::string padding(widths[i] - cells[i].size(), ' ');
    line += (i == 0 ? "" : "  ") + (right_aligned[i] ? padding + cells[i] : cells[i] + padding);
  }
  if (width > 0) line.resize(std::min(line.size(), width));
  line.resize(line.find_last_not_of(' ') + 1);
  text += line + "\n";
}

}  // namespace

std::vector<ServerRow> parseServers(std::string_view text) {
  const json::object answer = parseObject(text);
  const json::value* const servers = answer.if_contains("servers");
  if (servers == nullptr || !servers->is_array()) throw std::runtime_error("the balancer lists no servers");
  std::vector<ServerRow> rows;
  for (const json::value& server : servers->get_array()) {
    if (server.is_object()) rows.push_back(rowOf(server.get_object()));
  }
  return rows;
}

ServerRow parseStatus(std::string_view text) {
  return rowOf(parseObject(text));
}

std::string table(const std::vector<ServerRow>& rows, std::size_t width) {
  std::vector<Cells> lines{
      {"ID", "STATUS", "REDIRECT", "CONNECTIONS", "CAPACITY", "LOAD", "REDIRECTS", "AGE"}};
  for (const ServerRow& row : rows) lines.push_back(cellsOf(row));
  std::array<std::size_t, column_count> widths{};
  for (const Cells& cells : lines) {
    for (std::size_t i = 0; i < column_count; ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text;
  for (const Cells& cells : lines) append(text, cells, widths, width);
  return text;
}

}  // namespace multiconn::ctl
