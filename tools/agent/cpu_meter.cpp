#include "agent/cpu_meter.hpp"

#include <fstream>
#include <sstream>
#include <string>

namespace multiconn::agent {

std::optional<CpuTicks> parseCpuTicks(std::string_view text) {
  std::istringstream line{std::string(text.substr(0, text.find('\n')))};
  std::string name;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0;
  if (!(line >> name >> user >> nice >> system >> idle) || name != "cpu") return {};
  std::uint64_t waiting = 0, irq = 0, softirq = 0, steal = 0;  // later kernels'
  line >> waiting >> irq >> softirq >> steal;
  const std::uint64_t busy = user + nice + system + irq + softirq + steal;
  return CpuTicks{busy, busy + idle + waiting};
}

double CpuMeter::sample(std::chrono::steady_clock::time_point now) {
  if (last_ && now - time_ < std::chrono::seconds(1)) return busy_;
  std::ifstream file(stat_);
  std::string line;
  std::getline(file, line);
  const auto ticks = parseCpuTicks(line);
  if (!ticks) return busy_;
  if (last_ && ticks->all > last_->all && ticks->busy >= last_->busy) {
    busy_ = static_cast<double>(ticks->busy - last_->busy) / static_cast<double>(ticks->all - last_->all);
  }
  last_ = ticks;
  time_ = now;
  return busy_;
}

}  // namespace multiconn::agent
