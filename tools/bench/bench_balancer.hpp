#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "balance/sealed_datagram.hpp"
#include "process.hpp"
#include "scratch/temporary_folder.hpp"

namespace multiconn::bench {

/// multiconn-balancer, from the folder of this program, and agents whose sealed reports it gets by UDP.
class BenchBalancer {
 public:
  /// All edges are known when it returns. Throws std::runtime_error when it does not start, or does not take
  /// the reports of all.
  BenchBalancer(const scratch::TemporaryFolder& folder, const std::vector<balance::RedirectAddress>& edges,
                const std::vector<std::string>& options, int cpu);
  ~BenchBalancer();
  BenchBalancer(const BenchBalancer&) = delete;
  BenchBalancer& operator=(const BenchBalancer&) = delete;

  /// Sends the reports that are due: each edge's every 2.5 s. `clients`: how many have been sent to all of
  /// them so far.
  void report(std::uint64_t clients);
  std::uint16_t port() const { return port_; }
  const Process& process() const { return process_; }

 private:
  struct Agent {
    balance::LoadReport report;
    balance::Sealer sealer;
    std::chrono::steady_clock::time_point due;
  };
  void introduceAll();
  std::size_t runningEdges() const;
  void send(Agent& agent, std::uint64_t clients);

  Process process_;
  std::uint16_t port_ = 0, udp_port_ = 0, admin_port_ = 0;
  int socket_ = -1;
  std::uint64_t seq_ = 0;
  std::vector<Agent> agents_;
};

}  // namespace multiconn::bench
