#include "balancer/look_up_query.hpp"

#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/pchars.hpp>

#include <algorithm>
#include <charconv>
#include <optional>

namespace multiconn::balancer {

namespace urls = boost::urls;

namespace {

class QueryReader {
 public:
  /// Nothing: well.
  std::optional<std::string> parameter(std::string_view whole);
  std::optional<std::string> finish();
  LookUpQuery query;

 private:
  std::optional<std::string> count(std::string_view value);
  std::optional<std::string> format(std::string_view value);
  std::optional<std::string> scheme(std::string_view value);
  std::optional<std::string> text(std::string_view name, std::string_view value, std::string& into);
  void passOn(std::string_view whole);

  std::string app_, stream_, path_, passed_on_;
  bool scheme_named_ = false;
};

// In a Location: what else came from the client would end it, or begin another part of it.
std::string encodedPath(std::string_view text) {
  return urls::encode(urls::string_view(text.data(), text.size()), urls::pchars + '/');
}

// As it came, percent-encoding included, but for what no URL may hold.
std::string encodedQuery(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t percent = std::min(text.find('%'), text.size());
    result += urls::encode(urls::string_view(text.data(), percent), urls::pchars + "/?");
    if (percent < text.size()) result += '%';
    text.remove_prefix(std::min(percent + 1, text.size()));
  }
  return result;
}

}  // namespace

std::variant<LookUpQuery, std::string> parseLookUpQuery(std::string_view query) {
  QueryReader reader;
  if (query.empty()) return std::move(reader.query);
  if (query.find("serverInfoXML") != std::string_view::npos) {
    reader.query.form = LookUpQuery::Form::server_info;
    return std::move(reader.query);
  }
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    if (auto wrong = reader.parameter(query.substr(0, end))) return std::move(*wrong);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
  }
  if (auto wrong = reader.finish()) return std::move(*wrong);
  return std::move(reader.query);
}

namespace {

std::optional<std::string> QueryReader::parameter(std::string_view whole) {
  const std::size_t equals = whole.find('=');
  const std::string_view name = whole.substr(0, equals);
  const std::string_view value =
      equals == std::string_view::npos ? std::string_view() : whole.substr(equals + 1);
  if (name == "count") return count(value);
  if (name == "format") return format(value);
  if (name == "scheme") return scheme(value);
  if (name == "app") return text(name, value, app_);
  if (name == "stream") return text(name, value, stream_);
  if (name == "path") return text(name, value, path_);
  if (name == "redirect" && (value == "true" || value == "1")) {
    query.form = LookUpQuery::Form::redirect;
  } else if (name == "explain" && (value == "true" || value == "1")) {
    query.form = LookUpQuery::Form::explain;
  } else if (name != "redirect" && name != "explain") {
    passOn(whole);
  }
  return {};
}

std::optional<std::string> QueryReader::finish() {
  if (query.form != LookUpQuery::Form::redirect) return {};
  // Whoever follows a Location is an HTTP player, unless the client says otherwise.
  if (!scheme_named_) query.scheme = "http";
  if (!path_.empty() && !(app_.empty() && stream_.empty())) {
    return "either path, or app and stream, but not both";
  }
  if (path_.empty() && !app_.empty()) path_ = "/" + app_ + (stream_.empty() ? "" : "/" + stream_);
  if (path_.empty() && !stream_.empty()) path_ = "/" + stream_;
  if (!path_.starts_with('/')) path_.insert(0, 1, '/');
  query.path = encodedPath(path_);
  query.query = std::move(passed_on_);
  return {};
}

std::optional<std::string> QueryReader::count(std::string_view value) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc() || end != value.data() + value.size() || number < 1 ||
      number > balance::max_count) {
    return "count is a number from 1 to " + std::to_string(balance::max_count);
  }
  query.count = number;
  return {};
}

std::optional<std::string> QueryReader::format(std::string_view value) {
  if (value != "json" && value != "text") return "format is text or json";
  query.form = value == "json" ? LookUpQuery::Form::json : LookUpQuery::Form::text;
  return {};
}

std::optional<std::string> QueryReader::scheme(std::string_view value) {
  if (value != "rtmp" && value != "rtmps" && value != "http") return "scheme is rtmp, rtmps or http";
  query.scheme = value;
  scheme_named_ = true;
  return {};
}

std::optional<std::string> QueryReader::text(std::string_view name, std::string_view value,
                                             std::string& into) {
  const auto encoded = urls::make_pct_string_view(urls::string_view(value.data(), value.size()));
  if (!encoded) return std::string(name) + " is not percent-encoded";
  into = encoded->decode();
  return {};
}

void QueryReader::passOn(std::string_view whole) {
  if (whole.empty()) return;
  if (!passed_on_.empty()) passed_on_ += '&';
  passed_on_ += encodedQuery(whole);
}

}  // namespace

}  // namespace multiconn::balancer
