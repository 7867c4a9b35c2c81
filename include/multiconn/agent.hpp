#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace multiconn {

/// What an edge server carries at one moment.
struct AgentLoad {
  std::uint32_t connections = 0;
  std::optional<std::uint32_t> capacity{};  ///< connections it can take; nothing: AgentOptions::capacity
  std::optional<std::uint64_t> accepts{};   ///< clients that ever came; where it falls, the server restarted
  bool accepts_estimated = false;           ///< counted from outside: a client may have been missed
  std::uint64_t in_bits = 0, out_bits = 0;  ///< per second; more than 10^15 is reported as that
  std::optional<double> cpu{};              ///< of all processors, 0 to 1; nothing: the agent looks by itself
  bool healthy = true;                      ///< false: no clients are to be sent here
};

/// Where an Agent reads its figures; derive to report those of a server of your own. Called on a thread that
/// the agent keeps for it: however long it takes, reports go out in time. Figures older than 5 s are not
/// believed: the agent then says that the server is not healthy, until the next.
class AgentMonitor {
 public:
  virtual ~AgentMonitor() = default;
  /// May block. An exception is one line in the log, and no figures this time.
  virtual AgentLoad load() = 0;
  /// How long to wait between two load(). Clients that come in a crowd are reported early: as soon as this
  /// lets them be seen.
  virtual std::chrono::milliseconds period() const { return std::chrono::milliseconds(100); }
  /// "nginx-rtmp", for people.
  virtual std::string name() const { return "monitor"; }
  /// Any thread: the agent goes. A load() that is running should return soon; the agent waits for it.
  virtual void cancel() {}
  /// Any thread: the agent is about to connect from this port, to see whether the server answers. That is no
  /// client and not to be counted.
  virtual void probing(std::uint16_t /*local_port*/) {}
  /// Any thread: whether the server's machine has taken that connection. Comes once after each probing().
  virtual void probed(std::uint16_t /*local_port*/, bool /*taken*/) {}
};

/// A balancer that is told.
struct AgentTarget {
  std::string host;  ///< name or numeric address, IPv6 without brackets
  std::uint16_t port = 1934;
  std::string key;  ///< the text shared with it
};

/// Where clients are sent.
struct AgentAddress {
  std::string scheme = "rtmp";  ///< rtmp, rtmps or http
  std::string host;             ///< a name or a numeric address, IPv6 without brackets
  std::uint16_t port = 0;       ///< 0: the scheme's own
  std::string network{};        ///< only for clients in this network ("10.0.0.0/8"); empty: for everybody
};

enum class AgentLogLevel : std::uint8_t { debug, info, warning, error };

struct AgentOptions {
  /// Lines `address,port,key`; read again when it changes. A file with a mistake changes nothing, and is one
  /// line in the log that names the mistake's.
  std::filesystem::path targets_file;
  std::vector<AgentTarget> targets;          ///< in place of the file
  std::vector<AgentAddress> addresses;       ///< 1 to 8; one for each scheme and network
  std::uint32_t capacity = 1000;             ///< connections
  std::uint64_t bandwidth_capacity = 0;      ///< bits per second, to 10^15; 0: bandwidth is no limit
  std::chrono::milliseconds interval{2500};  ///< between two regular reports; 100 ms to 10 min
  /// Report at once when many clients have come. Only with a monitor whose accepts are exact.
  bool early_reports = true;
  /// Holds the name of this server, made on first start; beside it FILE.boot counts the starts. One agent at
  /// a time. Never copy it to another machine. Where FILE.boot is lost, a new name is made.
  std::filesystem::path guid_file = "Server.guid";
  /// The RTMP server beside the agent. Asked for a handshake each second; one that does not answer within
  /// health_timeout gets no clients until it does. Empty: is not asked.
  std::string rtmp_host;
  std::uint16_t rtmp_port = 1935;
  std::chrono::milliseconds health_period{1000};   ///< 1 ms to 10 min
  std::chrono::milliseconds health_timeout{1000};  ///< 1 ms to 1 s
  /// One line each, free of secrets and control characters; on threads of the agent's.
  std::function<void(AgentLogLevel, const std::string&)> log;
};

/// How reporting to one balancer goes.
struct AgentTargetStatus {
  std::string host;
  std::uint16_t port = 0;
  std::string address;         ///< numeric, where the last report went; empty: not known yet
  std::uint64_t reports = 0;   ///< that left this machine
  std::uint64_t failures = 0;  ///< that did not
  std::string trouble;         ///< one sentence; empty: none. UDP: silence of a balancer is not seen
};

enum class AgentState : std::uint8_t { running, paused, stopping };

struct AgentStatus {
  std::string guid;                ///< 8-4-4-4-12 hexadecimal digits
  std::uint64_t boot_counter = 0;  ///< how often an agent of this name has started
  AgentState state = AgentState::running;
  bool healthy = false;
  std::string trouble;  ///< why it is not healthy; one sentence
  std::string monitor;  ///< its name
  AgentLoad load;       ///< the last reading; `cpu` and `capacity` are always there, probes are left out
  std::uint64_t bandwidth_capacity = 0;
  std::uint64_t connection_bits = 0;  ///< smoothed outgoing bits per second of one connection
  double share = 0;                   ///< how full it is: 0 to 1, or more
  bool early_reports = false;         ///< whether balancers are told that they can count on them
  std::uint64_t reports = 0;          ///< in all
  std::chrono::milliseconds interval{};
  std::vector<AgentAddress> addresses;
  std::vector<AgentTargetStatus> targets;
};

/// Tells balancers what the edge server beside it, or around it, carries. Runs on threads of its own.
class Agent {
 public:
  /// The first report leaves as soon as there are figures. Throws std::runtime_error with one sentence, free
  /// of keys, when the options make no sense, a file cannot be used, or another agent uses the GUID file.
  Agent(AgentOptions options, std::unique_ptr<AgentMonitor> monitor);
  /// Says that the server stops, which takes it out at once.
  ~Agent();
  Agent(const Agent&) = delete;
  Agent& operator=(const Agent&) = delete;

  /// No new clients until unpause(). Reported at once. Any thread, posts.
  void pause();
  void unpause();
  /// Any thread.
  AgentStatus status() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace multiconn
