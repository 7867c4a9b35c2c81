#include "publish/stats_table.hpp"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>
#include <utility>

namespace publish {
namespace {

constexpr const char* cursor_up_and_clear = "\x1b[1A\x1b[2K\r";

double kilobits(std::uint64_t bytes, double seconds);
std::string roundTrip(const multiconn::ServerStats& server);

}  // namespace

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
  std::size_t width = 6;
  for (const auto& server : servers) width = std::max(width, server.url.size());
  out_ << fmt::format("{:<{}}  {:<10} {:>9} {:>9} {:>7} {:>8} {:>10}\n", "server", width, "state", "kbit/s",
                      "queue kB", "dropped", "RTT ms", "reconnects");
  last_bytes_.resize(servers.size());
  for (std::size_t row = 0; row < servers.size(); ++row) {
    const auto& server = servers[row];
    const auto bytes = server.bytes_sent - std::exchange(last_bytes_[row], server.bytes_sent);
    out_ << fmt::format("{:<{}}  {:<10} {:>9.0f} {:>9} {:>7} {:>8} {:>10}\n", server.url, width,
                        multiconn::name(server.state), kilobits(bytes, seconds), server.queue_bytes / 1000,
                        server.frames_dropped, roundTrip(server), server.reconnects);
  }
  out_.flush();
  if (terminal_) drawn_lines_ = servers.size() + 1;
}

namespace {

double kilobits(std::uint64_t bytes, double seconds) {
  return seconds > 0 ? static_cast<double>(bytes) * 8 / 1000 / seconds : 0;
}

std::string roundTrip(const multiconn::ServerStats& server) {
  if (!server.rtt) return "-";
  return fmt::format("{:.1f}", std::chrono::duration<double, std::milli>(*server.rtt).count());
}

}  // namespace
}  // namespace publish
