#include "program/wowza_conf.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <pugixml.hpp>
#include <set>

namespace multiconn::tools {
namespace {

enum class Type { text, integer, boolean };

struct Known {
  std::string_view name;
  Type type;
  bool of_application;
};

constexpr std::array<Known, 14> known_properties = {{
    {"loadBalancerListenerKey", Type::text, false},
    {"loadBalancerListenerIpAddress", Type::text, false},
    {"loadBalancerListenerPort", Type::integer, false},
    {"loadBalancerListenerRedirectorClass", Type::text, false},
    {"loadBalancerListenerMessageTimeout", Type::integer, false},
    {"loadBalancerSenderTargetPath", Type::text, false},
    {"loadBalancerSenderRedirectAddress", Type::text, false},
    {"loadBalancerSenderMonitorClass", Type::text, false},
    {"loadBalancerSenderMessageInterval", Type::integer, false},
    {"enableServerInfoXML", Type::boolean, false},
    {"redirectAppName", Type::text, true},
    {"redirectPort", Type::integer, true},
    {"redirectScheme", Type::text, true},
    {"redirectOnConnect", Type::boolean, true},
}};

constexpr std::size_t max_bytes = 1024 * 1024, max_depth = 64, max_value_bytes = 64 * 1024;
constexpr std::size_t max_shown = 100, max_warnings = 100, max_classes = 1000;

/// One file, read node by node; the first error ends it.
class Reader {
 public:
  Reader(std::string_view text, const std::string& file, const std::string& application,
         const Expansion& expand, WowzaConf& conf)
      : text_(text), file_(file), application_(application), expand_(expand), conf_(conf) {}

  std::optional<std::string> read();

 private:
  void walk(const pugi::xml_node& document);
  void element(const pugi::xml_node& node);
  void property(const pugi::xml_node& node);
  void provider(const pugi::xml_node& node);
  std::string expanded(const std::string& value, const pugi::xml_node& node, std::string_view name);
  void checkType(const std::string& value, Type type, const pugi::xml_node& node, std::string_view name);
  void unknown(const std::string& name);
  void warn(const std::string& sentence);
  void fail(std::ptrdiff_t offset, const std::string& what);

  std::string_view text_;
  const std::string& file_;
  const std::string& application_;
  const Expansion& expand_;
  WowzaConf& conf_;
  std::optional<std::string> error_;
  std::set<std::string> unknown_;
};

bool isElement(const pugi::xml_node& node);
std::string textOf(const pugi::xml_node& node, const char* name);
std::string trimmed(std::string_view text);
std::string shown(std::string_view text);
Type typeCalled(std::string_view name);
bool isInteger(std::string_view text);
bool isBoolean(std::string_view text);
std::string lowerCase(std::string_view text);
bool isPlaceholder(std::string_view text);

}  // namespace

std::optional<std::string> WowzaConf::find(std::string_view name) const {
  const auto found =
      std::find_if(server.rbegin(), server.rend(), [&](const Property& p) { return p.name == name; });
  if (found == server.rend()) return {};
  return found->value;
}

std::optional<std::string> WowzaConf::find(std::string_view application, std::string_view name) const {
  for (const std::string_view scope : {application, std::string_view()}) {
    const auto properties = applications.find(std::string(scope));
    if (properties == applications.end()) continue;
    const auto& list = properties->second;
    const auto found =
        std::find_if(list.rbegin(), list.rend(), [&](const Property& p) { return p.name == name; });
    if (found != list.rend()) return found->value;
  }
  return {};
}

std::optional<std::string> readWowzaConf(std::string_view text, const std::string& file,
                                         const std::string& application, const Expansion& expand,
                                         WowzaConf& conf) {
  return Reader(text, file, application, expand, conf).read();
}

namespace {

std::optional<std::string> Reader::read() {
  if (text_.size() > max_bytes) return file_ + ": more than 1 MiB is no Wowza configuration";
  pugi::xml_document document;
  constexpr unsigned options = pugi::parse_default | pugi::parse_fragment;
  const pugi::xml_parse_result result =
      document.load_buffer(text_.data(), text_.size(), options, pugi::encoding_utf8);
  if (!result) {
    fail(result.offset, std::string("this is no XML (") + result.description() + ")");
  } else if (!document.find_child(isElement)) {
    // Keys and targets are text as XML may hold it.
    error_ = file_ + " has no XML element, and is no Wowza configuration";
  } else {
    walk(document);
  }
  return error_;
}

// In the order of the document, without recursion: how deep a file goes is its writer's choice.
void Reader::walk(const pugi::xml_node& document) {
  std::size_t depth = 0;
  pugi::xml_node node = document.first_child();
  while (node && !error_) {
    if (isElement(node)) element(node);
    if (node.first_child()) {
      if (++depth > max_depth) return fail(node.offset_debug(), "elements are nested more than 64 deep");
      node = node.first_child();
      continue;
    }
    while (node && !node.next_sibling()) {
      node = node.parent();
      if (depth > 0) --depth;
    }
    node = node.next_sibling();
  }
}

void Reader::element(const pugi::xml_node& node) {
  const std::string_view name = node.name();
  if (name == "Property") return property(node);
  if (name == "HTTPProvider") return provider(node);
  if ((name == "BaseClass" || name == "Class") && conf_.classes.size() < max_classes)
    conf_.classes.push_back(trimmed(node.child_value()));
}

void Reader::property(const pugi::xml_node& node) {
  const std::string name = textOf(node, "Name");
  const auto* const known = std::find_if(known_properties.begin(), known_properties.end(),
                                         [&](const Known& candidate) { return candidate.name == name; });
  if (known == known_properties.end()) return unknown(name);
  std::string value = expanded(textOf(node, "Value"), node, name);
  if (error_) return;
  if (isPlaceholder(value))
    return warn(name + " still has the placeholder " + shown(value) +
                " and is not used: write your own value there");
  checkType(value, typeCalled(textOf(node, "Type")), node, name);
  checkType(value, known->type, node, name);
  if (error_) return;
  if (known->type == Type::boolean) value = lowerCase(value);
  auto& list = known->of_application ? conf_.applications[application_] : conf_.server;
  list.push_back({name, value, file_});
}

// What the balancer does with its look-up page cannot be changed there; who asks for it shall know.
void Reader::provider(const pugi::xml_node& node) {
  if (textOf(node, "BaseClass").find("HTTPLoadBalancerRedirector") == std::string::npos) return;
  const std::string filter = textOf(node, "RequestFilters"), method = textOf(node, "AuthenticationMethod");
  if (!filter.empty() && filter != "*loadbalancer")
    warn("RequestFilters " + shown(filter) + " is not used, it is always *loadbalancer");
  if (!method.empty() && method != "none")
    warn("AuthenticationMethod " + shown(method) + " is not used, it is always none");
}

std::string Reader::expanded(const std::string& value, const pugi::xml_node& node, std::string_view name) {
  std::string result;
  std::size_t at = 0;
  while (!error_) {
    const std::size_t open = value.find("${", at);
    const std::size_t close = open == std::string::npos ? open : value.find('}', open);
    if (close == std::string::npos) break;
    const std::string variable = value.substr(open + 2, close - open - 2);
    result += value.substr(at, open - at);
    const auto replaced = expand_(variable);
    const std::string of(name);
    if (!replaced) {
      fail(node.offset_debug(), "${" + shown(variable) + "} in " + of + " is not in the environment");
    } else if (result.size() + replaced->size() > max_value_bytes) {
      fail(node.offset_debug(), "the value of " + of + " is longer than 64 KiB");
    } else {
      result += *replaced;
    }
    at = close + 1;
  }
  return result + value.substr(at);
}

void Reader::checkType(const std::string& value, Type type, const pugi::xml_node& node,
                       std::string_view name) {
  if (type == Type::integer && !isInteger(value))
    fail(node.offset_debug(), std::string(name) + " has to be an integer");
  if (type == Type::boolean && !isBoolean(value))
    fail(node.offset_debug(), std::string(name) + " has to be true or false");
}

void Reader::unknown(const std::string& name) {
  const std::string of = name.empty() ? "a <Property> without a <Name>" : "property " + shown(name);
  if (unknown_.size() < max_warnings && unknown_.insert(of).second)
    warn(of + " is not known here and not used");
}

void Reader::warn(const std::string& sentence) {
  if (conf_.warnings.size() < max_warnings) conf_.warnings.push_back(file_ + ": " + sentence);
}

void Reader::fail(std::ptrdiff_t offset, const std::string& what) {
  if (error_) return;
  const auto end = std::clamp(offset, std::ptrdiff_t{0}, static_cast<std::ptrdiff_t>(text_.size()));
  const auto line = 1 + std::count(text_.begin(), text_.begin() + end, '\n');
  error_ = file_ + ", line " + std::to_string(line) + ": " + what;
}

bool isElement(const pugi::xml_node& node) {
  return node.type() == pugi::node_element;
}

std::string textOf(const pugi::xml_node& node, const char* name) {
  return trimmed(node.child_value(name));
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view blanks = " \t\r\n\v\f";
  const std::size_t begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return {};
  return std::string(text.substr(begin, text.find_last_not_of(blanks) - begin + 1));
}

/// Fit for one line of a log.
std::string shown(std::string_view text) {
  std::string line(text.substr(0, max_shown));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return line;
}

// Long is Wowza's too.
Type typeCalled(std::string_view name) {
  if (name == "Integer" || name == "Long") return Type::integer;
  return name == "Boolean" ? Type::boolean : Type::text;
}

bool isInteger(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

// As java.lang.Boolean reads it, but for what it takes for false.
bool isBoolean(std::string_view text) {
  const std::string value = lowerCase(text);
  return value == "true" || value == "false";
}

std::string lowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return lower;
}

// "[redirect-address]", as documents write what their reader has to fill in; "[::1]" is an address.
bool isPlaceholder(std::string_view text) {
  return text.size() > 2 && text.front() == '[' && text.back() == ']' &&
         text.find(':') == std::string_view::npos;
}

}  // namespace
}  // namespace multiconn::tools
