#include <array>
#include <cstdint>
#include <cstdio>

#include "origin/status_report.hpp"

namespace multiconn::origin {
namespace {

// On a narrow screen each row is a list of its own, named by data-l: the page loads again all the time, which
// would undo scrolling sideways.
constexpr const char* head =
    "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
    "<meta http-equiv=\"refresh\" content=\"2\">"
    "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    "<title>multiconn-origin</title>\n<style>"
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:64rem;padding:0 1rem;color:#222}"
    "div{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:14px}"
    "th,td{text-align:left;padding:.3rem .45rem;white-space:nowrap;border-bottom:1px solid #ddd}"
    "td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}th{font-weight:600}p{color:#555}"
    "@media(max-width:52rem){thead{display:none}tr{display:block;padding:.4rem 0;border-bottom:1px solid "
    "#ddd}"
    "td,td.n{display:flex;justify-content:space-between;gap:1rem;border:0;padding:.1rem 0;white-space:normal;"
    "overflow-wrap:anywhere;text-align:right}td::before{content:attr(data-l);color:#777;white-space:nowrap}}"
    "@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}th,td,tr{border-color:#444}"
    "p{color:#aaa}a{color:#8bf}}"
    "</style></head><body>\n<h1>multiconn-origin</h1>\n";

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// `label`: what the column is called.
std::string cell(const char* label, const std::string& text) {
  return std::string("<td data-l=\"") + label + "\">" + escaped(text) + "</td>";
}
std::string number(const char* label, const std::string& text) {
  return std::string("<td class=\"n\" data-l=\"") + label + "\">" + escaped(text) + "</td>";
}
std::string number(const char* label, std::uint64_t value) {
  return number(label, std::to_string(value));
}

std::string decimal(double value, const char* unit) {
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%.1f %s", value, unit);
  return text.data();
}

std::string byteCount(std::uint64_t bytes) {
  constexpr std::array units{"kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes) / 1000;
  std::size_t unit = 0;
  for (; value >= 1000 && unit + 1 < units.size(); ++unit) value /= 1000;
  return decimal(value, units[unit]);
}

std::string duration(double seconds) {
  const auto whole = static_cast<std::uint64_t>(seconds);
  std::array<char, 48> text{};
  std::snprintf(text.data(), text.size(), "%llu:%02llu:%02llu", static_cast<unsigned long long>(whole / 3600),
                static_cast<unsigned long long>(whole / 60 % 60),
                static_cast<unsigned long long>(whole % 60));
  return text.data();
}

std::string codecs(const PublisherStatus& publisher) {
  if (publisher.video_codec.empty()) return publisher.audio_codec;
  if (publisher.audio_codec.empty()) return publisher.video_codec;
  return publisher.video_codec + ", " + publisher.audio_codec;
}

std::string row(const StreamStatus& stream) {
  std::string out =
      "<tr>" + cell("Id", stream.id) + cell("Application", stream.app) + cell("Stream", stream.name);
  if (const auto& publisher = stream.publisher) {
    out += cell("Publisher", publisher->address + (publisher->recording ? " (recording)" : "")) +
           number("Since", duration(publisher->since_s)) + number("Received", byteCount(publisher->bytes)) +
           cell("Codecs", codecs(*publisher));
  } else {
    out += "<td colspan=\"4\" data-l=\"Publisher\">nobody publishes</td>";
  }
  return out + number("Players", stream.players) + number("Waiting", stream.waiting_players) +
         number("Dropped", stream.dropped_frames) + "</tr>\n";
}

std::string streamTable(const std::vector<StreamStatus>& streams) {
  if (streams.empty()) return "<p>No streams.</p>\n";
  std::string table =
      "<div><table><thead><tr><th>Id</th><th>Application</th><th>Stream</th><th>Publisher</th><th "
      "class=\"n\">Since</th>"
      "<th class=\"n\">Received</th><th>Codecs</th><th class=\"n\">Players</th><th class=\"n\">Waiting</th>"
      "<th class=\"n\">Dropped</th></tr></thead><tbody>\n";
  for (const StreamStatus& stream : streams) table += row(stream);
  return table + "</tbody></table></div>\n";
}

std::string saved(const SharedObjectStatus& object) {
  if (!object.persistent) return "temporary";
  return object.saved ? "saved" : "not saved yet";
}

std::string row(const ApplicationStatus& application, const SharedObjectStatus& object) {
  return "<tr>" + cell("Application", application.scope) + cell("Object", object.name) +
         cell("Saved", saved(object)) + number("Slots", object.slots) +
         number("Size", byteCount(object.bytes)) + number("Version", object.version) +
         number("Subscribers", object.subscribers) + "</tr>\n";
}

// A page is for looking at; the JSON document has all of them.
std::string objectTable(const std::vector<ApplicationStatus>& applications) {
  constexpr std::size_t most_rows = 200;
  std::string rows;
  std::size_t count = 0;
  for (const ApplicationStatus& application : applications) {
    for (const SharedObjectStatus& object : application.shared_objects) {
      if (count++ < most_rows) rows += row(application, object);
    }
  }
  if (count == 0) return "<p>No shared objects.</p>\n";
  std::string table =
      "<h2>Shared objects</h2>\n<div><table><thead><tr><th>Application</th><th>Object</th><th>Saved</th><th "
      "class=\"n\">Slots</th>"
      "<th class=\"n\">Size</th><th class=\"n\">Version</th><th "
      "class=\"n\">Subscribers</th></tr></thead><tbody>\n" +
      rows + "</tbody></table></div>\n";
  if (count > most_rows) table += "<p>And " + std::to_string(count - most_rows) + " more.</p>\n";
  return table;
}

}  // namespace

std::string toHtml(const StatusReport& report) {
  std::string page = head;
  page += "<p>Up " + duration(report.uptime_s) + ", " + std::to_string(report.connections) +
          " connections (" + std::to_string(report.connections_total) + " so far, " +
          std::to_string(report.connections_refused) + " refused), " + byteCount(report.bytes_in) + " in, " +
          byteCount(report.bytes_out) + " out. The same as <a href=\"/status.json\">JSON</a>.</p>\n";
  return page + streamTable(report.streams) + objectTable(report.applications) + "</body></html>\n";
}

}  // namespace multiconn::origin
