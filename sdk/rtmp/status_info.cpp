#include "rtmp/status_info.hpp"

#include <algorithm>
#include <array>

namespace multiconn::rtmp {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equalIgnoringCase(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

bool endsWithIgnoringCase(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && equalIgnoringCase(text.substr(text.size() - end.size()), end);
}

// The error codes of NetConnection, NetStream and SharedObject by their last part.
bool isErrorCode(std::string_view code) {
  constexpr std::array<std::string_view, 21> endings{
      ".Failed",        ".Rejected",       ".BadName",        ".Denied",        ".Unauthorized",
      ".BadVersion",    ".Prohibited",     ".InvalidApp",     ".AppShutdown",   ".NotResponding",
      ".InvalidArg",    ".StreamNotFound", ".NoAccess",       ".InvalidTime",   ".NoReadAccess",
      ".NoWriteAccess", ".UriMismatch",    ".BadPersistence", "CreationFailed", "StructureInvalid",
      "TrackFound"};
  return std::any_of(endings.begin(), endings.end(),
                     [&](std::string_view ending) { return endsWithIgnoringCase(code, ending); });
}

std::string printable(std::string_view text, std::size_t max_text) {
  if (text.size() > max_text) {
    text = text.substr(0, max_text);
    // A UTF-8 sequence that was cut in two goes altogether: at most three bytes follow its first.
    std::size_t end = text.size();
    while (end + 3 > text.size() && end > 1 && (static_cast<unsigned char>(text[end - 1]) & 0xC0) == 0x80)
      --end;
    if (end > 0 && static_cast<unsigned char>(text[end - 1]) >= 0xC0) text = text.substr(0, end - 1);
  }
  std::string result(text);
  for (char& c : result) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return result;
}

}  // namespace

bool StatusInfo::isError() const {
  if (equalIgnoringCase(level, "error")) return true;
  if (equalIgnoringCase(level, "status") || equalIgnoringCase(level, "warning")) return false;
  return isErrorCode(code);
}

StatusInfo statusInfo(const AmfValue& value, const Limits& limits) {
  StatusInfo status;
  status.info = value;
  if (const AmfObject* object = value.object()) {
    const auto text = [&](std::string_view name) {
      return printable(object->stringOr(name, {}), limits.max_status_text);
    };
    status.code = text("code");
    status.level = text("level");
    status.description = text("description");
  }
  return status;
}

AmfValue makeInfo(std::string_view level, std::string_view code, std::string_view description,
                  const AmfObject& details) {
  AmfObject info{{"level", level}, {"code", code}, {"description", description}};
  for (const AmfProperty& detail : details.properties()) info.set(detail.name, detail.value);
  return info;
}

}  // namespace multiconn::rtmp
