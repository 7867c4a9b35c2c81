#include "machine.hpp"

#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <sstream>

namespace multiconn::bench {
namespace {

std::string content(const std::string& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

double seconds(const rusage& used) {
  const auto of = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return of(used.ru_utime) + of(used.ru_stime);
}

double ownSeconds() {
  rusage own{}, children{};
  getrusage(RUSAGE_SELF, &own);
  getrusage(RUSAGE_CHILDREN, &children);
  return seconds(own) + seconds(children);
}

}  // namespace

ProcessorTimes processorTimes(const std::string& stat) {
  std::istringstream fields(stat);
  std::string name;
  ProcessorTimes times;
  if (!(fields >> name) || name != "cpu") return times;
  // user nice system idle iowait irq softirq steal; what follows is part of user and nice.
  std::uint64_t value = 0;
  for (int field = 0; field < 8 && fields >> value; ++field) {
    times.total += value;
    if (field == 3 || field == 4) times.idle += value;
    if (field == 7) times.steal = value;
  }
  return times;
}

Busyness::Busyness() : begin_(processorTimes(content("/proc/stat"))), own_begin_(ownSeconds()) {}

std::string Busyness::tell() const {
  const ProcessorTimes now = processorTimes(content("/proc/stat"));
  const double total = static_cast<double>(now.total - begin_.total);
  const double ticks = static_cast<double>(sysconf(_SC_CLK_TCK));
  const auto percent = [&](double part) { return total > 0 ? 100 * part / total : 0; };
  double load = 0;
  getloadavg(&load, 1);
  char text[200];
  std::snprintf(text, sizeof text,
                "the machine's processors were busy for %.0f %% of the time, this program for %.0f %%; steal "
                "%.1f %%, load average %.1f",
                percent(total - static_cast<double>(now.idle - begin_.idle)),
                percent((ownSeconds() - own_begin_) * ticks),
                percent(static_cast<double>(now.steal - begin_.steal)), load);
  return text;
}

std::uint64_t residentBytes(pid_t pid) {
  std::istringstream fields(content("/proc/" + std::to_string(pid) + "/statm"));
  std::uint64_t size = 0, resident = 0;
  fields >> size >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace multiconn::bench
