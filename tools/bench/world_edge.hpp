#pragma once

#include <cstdint>

#include "balance/report_scheduler.hpp"
#include "balance/sealed_datagram.hpp"
#include "world_clock.hpp"

namespace multiconn::bench {

/// A simulated edge server and the agent beside it.
class WorldEdge {
 public:
  struct Setup {
    std::uint32_t slots;
    std::uint64_t bandwidth;  ///< bits per second; 0: not reported
    bool early_reports;
    std::uint8_t targets;
  };
  WorldEdge(const Setup& setup, const balance::SharedKey& key, std::uint32_t number, SimTime now,
            balance::Random& random);

  /// False: no slot is left.
  bool accept(std::uint32_t client_bits, SimTime now);
  void leave(std::uint32_t client_bits);
  void die();

  bool alive() const { return alive_; }
  std::uint32_t slots() const { return setup_.slots; }
  std::uint64_t bandwidth() const { return setup_.bandwidth; }
  std::uint32_t connections() const { return connections_; }
  std::uint64_t bits() const { return bits_; }

  SimTime reportDue() const { return scheduler_.due(); }
  /// The report of this moment, encoded.
  rtmp::Bytes report(SimTime now);
  /// For one target.
  rtmp::Bytes seal(rtmp::BytesView report) { return sealer_.seal(report, ++seq_); }
  const balance::Guid& guid() const { return guid_; }

 private:
  void averageBitrate(SimTime now);

  Setup setup_;
  balance::Guid guid_;
  balance::Sealer sealer_;
  balance::ReportScheduler scheduler_;
  std::string host_;
  std::uint64_t seq_ = 0;
  bool alive_ = true;
  std::uint32_t connections_ = 0;
  std::uint64_t bits_ = 0;
  std::uint64_t accepts_ = 0;
  double average_bits_ = 0, average_connections_ = 0;
  SimTime averaged_;
};

}  // namespace multiconn::bench
