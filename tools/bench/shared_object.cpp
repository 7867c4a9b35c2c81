#include "shared_object.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <multiconn/origin.hpp>
#include <optional>
#include <stdexcept>
#include <string>

#include "gates.hpp"
#include "object_client.hpp"
#include "process.hpp"
#include "sockets.hpp"
#include "watch_list.hpp"

namespace multiconn::bench {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::duration;

constexpr int server_cpu = 0;
constexpr std::chrono::seconds patience{10};
constexpr double least_rate = 25;
constexpr int gate_missed = 3;
constexpr double finest_step = 1.15;  // the search ends when good and bad rates are this close

/// What the kernel says about a running process.
struct ProcessFigures {
  double cpu_seconds = 0;
  double resident_mib = 0;
};

ProcessFigures figuresOf(pid_t pid) {
  const std::string folder = "/proc/" + std::to_string(pid);
  std::ifstream stat(folder + "/stat"), statm(folder + "/statm");
  std::string text((std::istreambuf_iterator<char>(stat)), std::istreambuf_iterator<char>());
  // proc(5): utime and stime are fields 14 and 15; the name, field 2, ends with the last parenthesis.
  std::istringstream fields(text.substr(std::min(text.rfind(')') + 1, text.size())));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0, size = 0, resident = 0;
  fields >> user >> system;
  statm >> size >> resident;
  const auto ticks = static_cast<double>(sysconf(_SC_CLK_TCK)),
             page = static_cast<double>(sysconf(_SC_PAGESIZE));
  return {(user + system) / ticks, resident * page / (1 << 20)};
}

/// Who has seen which write: the value of a slot is the number of its write, and a later one implies the
/// earlier ones, which a server may leave out.
class Ledger {
 public:
  Ledger(std::size_t writers, std::size_t readers) : readers_(readers), slots_(writers) {
    for (Slot& slot : slots_) slot.seen.assign(readers, 0);
  }

  double write(std::size_t writer, Clock::time_point now) {
    Slot& slot = slots_[writer];
    slot.open.push_back({now, 0});
    ++open_;
    return static_cast<double>(++slot.written);
  }
  void seen(std::size_t reader, std::size_t writer, double value, Clock::time_point now) {
    Slot& slot = slots_[writer];
    const auto number = static_cast<std::uint64_t>(value);
    const std::uint64_t first = slot.written - slot.open.size() + 1;
    for (std::uint64_t& next = slot.seen[reader]; next < number; ++next)
      if (next + 1 >= first) ++slot.open[next + 1 - first].readers;
    while (!slot.open.empty() && slot.open.front().readers == readers_) {
      latencies_.push_back(duration<double, std::milli>(now - slot.open.front().at).count());
      slot.open.pop_front();
      --open_;
    }
  }
  bool complete() const { return open_ == 0; }
  std::vector<double> takeLatencies() { return std::exchange(latencies_, {}); }

 private:
  struct Write {
    Clock::time_point at;
    std::size_t readers = 0;
  };
  struct Slot {
    std::uint64_t written = 0;
    std::deque<Write> open;  // not seen by all yet
    std::vector<std::uint64_t> seen;
  };
  std::size_t readers_;
  std::size_t open_ = 0;
  std::vector<Slot> slots_;
  std::vector<double> latencies_;
};

struct Try {
  double rate = 0;
  bool complete = false;
  double p50_ms = 0, p99_ms = 0, worst_ms = 0;
  double cpu = 0;  // of one processor
  ProcessFigures before{}, after{};
};

/// Writers and readers of one object, all in this process.
class Crowd {
 public:
  Crowd(const SharedObjectOptions& options, std::uint16_t port, pid_t server)
      : options_(options), server_(server), ledger_(options.writers, options.readers) {
    for (std::size_t i = 0; i < options.writers + options.readers; ++i) {
      clients_.push_back(std::make_unique<ObjectClient>(
          i, port,
          [this](std::size_t client, const rtmp::SharedObjectEvent& change) { changed(client, change); }));
      watched_.add(clients_.back()->socket(), i);
    }
    const auto deadline = Clock::now() + patience;
    while (
        !std::all_of(clients_.begin(), clients_.end(), [](const auto& client) { return client->joined(); })) {
      if (Clock::now() > deadline) throw std::runtime_error("not every client joined the object within 10 s");
      serve(std::chrono::milliseconds(100));
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  Try run(double rate, std::chrono::seconds length) {
    Try result{.rate = rate, .before = figuresOf(server_)};
    const auto begin = Clock::now();
    const auto writes = static_cast<std::uint64_t>(rate * static_cast<double>(length.count()));
    // Counted from when a write was due: a load that cannot be kept up is not hidden by writing later.
    const auto dueAt = [&](std::uint64_t i) {
      return begin +
             std::chrono::duration_cast<Clock::duration>(duration<double>(static_cast<double>(i) / rate));
    };
    for (std::uint64_t i = 0; i < writes;) {
      for (const auto now = Clock::now(); i < writes && dueAt(i) <= now; ++i)
        write(i % options_.writers, dueAt(i));
      serve(std::chrono::milliseconds(1));
    }
    const auto deadline = Clock::now() + patience;
    while (!ledger_.complete() && Clock::now() < deadline) serve(std::chrono::milliseconds(10));
    result.after = figuresOf(server_);
    const duration<double> took = Clock::now() - begin;
    result.cpu = (result.after.cpu_seconds - result.before.cpu_seconds) / took.count();
    result.complete = ledger_.complete();
    std::vector<double> latencies = ledger_.takeLatencies();
    std::sort(latencies.begin(), latencies.end());
    if (latencies.empty()) return result;
    const auto at = [&](double part) {
      return latencies[static_cast<std::size_t>(part * static_cast<double>(latencies.size() - 1))];
    };
    result.p50_ms = at(0.5);
    result.p99_ms = at(0.99);
    result.worst_ms = latencies.back();
    return result;
  }

 private:
  void write(std::size_t writer, Clock::time_point due) {
    clients_[writer]->set("w" + std::to_string(writer), ledger_.write(writer, due));
  }

  void serve(std::chrono::milliseconds longest) {
    for (const std::uint64_t client : watched_.wait(longest))
      if (!clients_[client]->readable()) throw std::runtime_error("the server closed a connection");
  }

  void changed(std::size_t client, const rtmp::SharedObjectEvent& change) {
    const double* value = change.value.number();
    if (client < options_.writers || !value || change.name.size() < 2) return;
    ledger_.seen(client - options_.writers, std::stoul(change.name.substr(1)), *value, Clock::now());
  }

  const SharedObjectOptions& options_;
  pid_t server_;
  WatchList watched_;
  Ledger ledger_;
  std::vector<std::unique_ptr<ObjectClient>> clients_;
};

void print(const Try& row, const char* what, bool json) {
  if (json) {
    std::cout << boost::json::object{{"what", what},
                                     {"changes_per_second", row.rate},
                                     {"complete", row.complete},
                                     {"p50_ms", row.p50_ms},
                                     {"p99_ms", row.p99_ms},
                                     {"worst_ms", row.worst_ms},
                                     {"server_cpu", row.cpu},
                                     {"server_rss_mib_before", row.before.resident_mib},
                                     {"server_rss_mib", row.after.resident_mib}}
              << std::endl;
    return;
  }
  std::printf(
      "%-6s %8.0f changes/s: p50 %7.1f ms, p99 %7.1f ms, worst %7.1f ms; server %3.0f %% CPU, %.1f MiB%s\n",
      what, row.rate, row.p50_ms, row.p99_ms, row.worst_ms, row.cpu * 100, row.after.resident_mib,
      row.complete ? "" : "; NOT ALL ARRIVED");
  std::fflush(stdout);
}

// A server that closes clients because it cannot keep up has missed the rate; the next try has new ones.
Try tryRate(std::optional<Crowd>& crowd, const SharedObjectOptions& options, std::uint16_t port, pid_t server,
            double rate) {
  if (!crowd) crowd.emplace(options, port, server);
  Try row{.rate = rate};
  try {
    row = crowd->run(rate, options.step);
  } catch (const std::runtime_error& error) {
    std::cerr << "at " << rate << " changes a second: " << error.what() << std::endl;
  }
  if (!row.complete) crowd.reset();
  return row;
}

// The first half lets caches and queues fill.
bool soak(Crowd& crowd, const SharedObjectOptions& options, double rate) {
  if (options.soak < std::chrono::seconds(2)) return true;
  const Try first = crowd.run(rate, options.soak / 2);
  print(first, "soak", options.json);
  const Try second = crowd.run(rate, options.soak / 2);
  print(second, "soak", options.json);
  const double growth = second.after.resident_mib - first.after.resident_mib;
  const bool held = options.memory_gate <= 0 || growth <= options.memory_gate;
  const bool ok = held && first.complete && second.complete;
  if (options.json)
    std::cout << boost::json::object{{"what", "soak growth"},
                                     {"mib", growth},
                                     {"gate", gateOrNull(options.memory_gate)},
                                     {"ok", ok}}
              << std::endl;
  else
    std::printf("the second half of the soak took %.2f MiB more\n", growth);
  return ok;
}

}  // namespace

int runSharedObject(const SharedObjectOptions& options) {
  raiseDescriptorLimit();
  Process server({"object-server"}, server_cpu);
  const std::string greeting = server.line();
  const auto port = static_cast<std::uint16_t>(std::stoul(greeting.substr(greeting.rfind(' ') + 1)));
  std::optional<Crowd> crowd;
  const auto bound = static_cast<double>(options.bound.count());

  std::optional<Try> best;
  double good = 0, bad = 0;
  for (double rate = least_rate; bad == 0 || bad / good > finest_step;) {
    const Try row = tryRate(crowd, options, port, server.pid(), rate);
    const bool kept = row.complete && row.p99_ms <= bound;
    print(row, kept ? "kept" : "missed", options.json);
    (kept ? good : bad) = rate;
    if (kept) best = row;
    if (bad > 0 && good == 0) break;
    rate = bad == 0 ? rate * 2 : (good + bad) / 2;
  }
  if (!best) {
    std::cerr << "multiconn-bench: even 25 changes a second do not keep the bound" << std::endl;
    return gate_missed;
  }
  print(*best, "most", options.json);
  const bool fast = options.gate <= 0 || best->rate >= options.gate;
  if (options.json)
    std::cout << boost::json::object{{"what", "gate"},
                                     {"changes_per_second", best->rate},
                                     {"gate", gateOrNull(options.gate)},
                                     {"ok", fast}}
              << std::endl;
  if (!crowd) crowd.emplace(options, port, server.pid());
  return fast && soak(*crowd, options, best->rate / 2) ? 0 : gate_missed;
}

int runObjectServer() {
  raiseDescriptorLimit();
  OriginOptions options;
  options.address = "127.0.0.1";
  options.port = 0;
  OriginServer server(options);
  std::cout << "port " << server.port() << std::endl;
  for (char byte; read(STDIN_FILENO, &byte, 1) > 0;) {
  }
  return 0;
}

}  // namespace multiconn::bench
