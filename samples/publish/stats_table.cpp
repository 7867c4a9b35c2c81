#include "publish/stats_table.hpp"

#include <spdlog/fmt/fmt.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace publish {
namespace {

constexpr const char* cursor_up_and_clear = "\x1b[1A\x1b[2K\r";

/// Of all columns but server and state, with the blanks before them and one at the end.
constexpr std::size_t figures_width = 45;

/// How wide the columns with text are, and whether it has to be brief for that.
struct Columns {
  std::size_t server, state;
  bool brief;
};
Columns columnsFor(const std::vector<multiconn::ServerStats>& servers, std::size_t line_width);

double kilobits(std::uint64_t bytes, double seconds);
std::string roundTrip(const multiconn::ServerStats& server);
std::string label(const multiconn::ServerStats& server);
std::string stateOf(const multiconn::ServerStats& server, bool brief);
std::string shortened(const std::string& text, std::size_t width);

}  // namespace

std::size_t terminalWidth() {
  if (::isatty(STDOUT_FILENO) == 0) return 0;
  constexpr std::size_t usual = 80;
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : usual;
}

void TableReporter::status(const multiconn::Status& status) {
  if (terminal_) return;  // the table's state column tells it
  out_ << (status.url.empty() ? "all servers" : status.url) << ": " << status.code;
  if (!status.description.empty()) out_ << ": " << status.description;
  out_ << std::endl;
}

void TableReporter::stats(const std::vector<multiconn::ServerStats>& servers) {
  if (!terminal_) return;
  const auto now = Clock::now();
  draw(servers, std::chrono::duration<double>(now - last_).count());
  last_ = now;
}

void TableReporter::summary(const std::vector<multiconn::ServerStats>& servers) {
  if (servers.empty()) return;
  last_bytes_.clear();  // the last bitrate shown is the whole broadcast's
  draw(servers, std::chrono::duration<double>(Clock::now() - started_).count());
  drawn_lines_ = 0;
}

void TableReporter::makeRoom() {
  for (; drawn_lines_ > 0; --drawn_lines_) out_ << cursor_up_and_clear;
  out_.flush();
}

void TableReporter::draw(const std::vector<multiconn::ServerStats>& servers, double seconds) {
  makeRoom();
  // A line that wraps is two, of which the next table would overwrite one.
  const std::size_t line_width = terminal_ ? width_() : std::numeric_limits<std::size_t>::max();
  const auto [width, state, brief] = columnsFor(servers, line_width);
  const auto line = [&](const std::string& text) { out_ << text.substr(0, line_width) << '\n'; };
  line(fmt::format("{:<{}} {:<{}} {:>7} {:>8} {:>7} {:>7} {:>10}", "server", width, "state", state, "kbit/s",
                   "queue kB", "dropped", "RTT ms", "reconnects"));
  last_bytes_.resize(servers.size());
  for (std::size_t row = 0; row < servers.size(); ++row) {
    const auto& server = servers[row];
    const auto bytes = server.bytes_sent - std::exchange(last_bytes_[row], server.bytes_sent);
    line(fmt::format("{:<{}} {:<{}} {:>7.0f} {:>8} {:>7} {:>7} {:>10}", shortened(label(server), width),
                     width, stateOf(server, brief), state, kilobits(bytes, seconds),
                     server.queue_bytes / 1000, server.frames_dropped, roundTrip(server), server.reconnects));
  }
  out_.flush();
  if (terminal_) drawn_lines_ = servers.size() + 1;
}

namespace {

template <typename Text>
std::size_t widest(const std::vector<multiconn::ServerStats>& servers, std::size_t least, const Text& text) {
  for (const auto& server : servers) least = std::max(least, text(server).size());
  return least;
}

/// The label gives way to the figures, but is never too short to be of use.
Columns columnsFor(const std::vector<multiconn::ServerStats>& servers, std::size_t line_width) {
  constexpr std::size_t shortest_label = 12, shortest_state = 10;
  const auto state_width = [&](bool brief) {
    return widest(servers, shortest_state, [&](const auto& server) { return stateOf(server, brief); });
  };
  const std::size_t whole_label = widest(servers, shortest_label, label);
  const bool brief = line_width < whole_label + 1 + state_width(false) + figures_width;
  const std::size_t others = 1 + state_width(brief) + figures_width;
  const std::size_t room = std::max(shortest_label + others, line_width) - others;
  return {std::min(whole_label, room), state_width(brief), brief};
}

double kilobits(std::uint64_t bytes, double seconds) {
  return seconds > 0 ? static_cast<double>(bytes) * 8 / 1000 / seconds : 0;
}

/// The number tells two streams of one application apart, whose names are not shown.
std::string label(const multiconn::ServerStats& server) {
  return fmt::format("{} {}/****", static_cast<std::uint32_t>(server.id), server.url);
}

/// "reconnecting (3, in 2.1 s)", or briefly "retry 3 in 2.1 s".
std::string stateOf(const multiconn::ServerStats& server, bool brief) {
  using multiconn::ServerState;
  const auto on_air = server.state == ServerState::connected || server.state == ServerState::publishing;
  if (server.standby && on_air) return "standby";
  if (server.state != ServerState::reconnecting) return multiconn::name(server.state);
  const auto attempt = server.attempts + (server.retry_in ? 1 : 0);
  const auto when = server.retry_in
                        ? fmt::format("in {:.1f} s", std::chrono::duration<double>(*server.retry_in).count())
                        : std::string("now");
  return brief ? fmt::format("retry {} {}", attempt, when)
               : fmt::format("reconnecting ({}, {})", attempt, when);
}

std::string shortened(const std::string& text, std::size_t width) {
  constexpr std::string_view cut = "...";
  if (text.size() <= width) return text;
  return text.substr(0, width - cut.size()).append(cut);
}

std::string roundTrip(const multiconn::ServerStats& server) {
  if (!server.rtt) return "-";
  return fmt::format("{:.1f}", std::chrono::duration<double, std::milli>(*server.rtt).count());
}

}  // namespace
}  // namespace publish
