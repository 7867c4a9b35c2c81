#pragma once

#include <string>
#include <variant>

#include "balance/sealed_datagram.hpp"

namespace multiconn::balance::test {

constexpr const char* key_text = "a key of the cluster, 2024";
constexpr const char* other_key_text = "the key that comes after it";

/// Some moment of the world; tests count from it.
constexpr WallTime noon{milliseconds{1'700'000'000'000}};

inline Guid guidOf(unsigned number) {
  Guid guid;
  guid.bytes.fill(std::byte{0xED});
  for (std::size_t i = 0; i < 4; ++i) guid.bytes[15 - i] = static_cast<std::byte>(number >> (8 * i) & 0xFF);
  return guid;
}

inline Boot bootOf(std::uint64_t counter, unsigned id = 1) {
  Boot boot{counter, {}};
  boot.id.fill(static_cast<std::byte>(id));
  return boot;
}

inline LoadReport reportAt(WallTime sent) {
  LoadReport report;
  report.sent = sent;
  report.addresses = {{"rtmp", "10.0.0.5", 0, ""}};
  report.connections = 17;
  return report;
}

/// A report with every field set, none to its default.
inline LoadReport fullReport() {
  LoadReport report = reportAt(noon + milliseconds(123));
  report.state = EdgeState::paused;
  report.healthy = false;
  report.early_reports = false;
  report.accepts_estimated = true;
  report.targets = 4;
  report.addresses = {{"rtmp", "edge-1.example.com", 1936, ""},
                      {"rtmps", "2001:db8::5", 443, ""},
                      {"http", "10.0.0.5", 0, "10.0.0.0/8"}};
  report.connections = 1234;
  report.connection_capacity = 8000;
  report.accepts = 9'876'543'210;
  report.in_bits = 5'000'000;
  report.out_bits = 6'000'000'000;
  report.bandwidth_capacity = 10'000'000'000;
  report.connection_bits = 4'800'000;
  report.cpu = 0.42F;
  report.interval = milliseconds(5000);
  return report;
}

using Opened = std::variant<OpenedReport, RefusedReport>;

/// "accepted", or the name of what is wrong.
inline std::string outcomeOf(const Opened& opened) {
  const auto* const refused = std::get_if<RefusedReport>(&opened);
  return refused == nullptr ? "accepted" : std::string(nameOf(refused->reason));
}

/// One agent.
class Sender {
 public:
  explicit Sender(unsigned number, Boot boot = bootOf(1), const std::string& key = key_text)
      : sealer_(SharedKey(key), guidOf(number), boot) {}
  rtmp::Bytes report(std::uint64_t seq, WallTime sent) const {
    return sealer_.seal(encode(reportAt(sent)), seq);
  }
  rtmp::Bytes seal(rtmp::BytesView report, std::uint64_t seq) const { return sealer_.seal(report, seq); }

 private:
  Sealer sealer_;
};

inline OpenerOptions withKeys(std::initializer_list<const char*> texts) {
  OpenerOptions options;
  for (const char* const text : texts) options.keys.emplace_back(text);
  return options;
}

}  // namespace multiconn::balance::test
