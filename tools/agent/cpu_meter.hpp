#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace multiconn::agent {

/// Time that all processors spent, in ticks; steal counts as busy, waiting for disks does not.
struct CpuTicks {
  std::uint64_t busy = 0, all = 0;
};
/// From the text of /proc/stat (proc(5)); nothing when it is not as expected.
std::optional<CpuTicks> parseCpuTicks(std::string_view text);

/// How busy this machine's processors are, over windows of a second.
class CpuMeter {
 public:
  /// `stat`: where the ticks are read.
  explicit CpuMeter(std::filesystem::path stat = "/proc/stat") : stat_(std::move(stat)) {}

  /// 0 to 1; 0 until there are two samples a second apart.
  double sample(std::chrono::steady_clock::time_point now);

 private:
  std::filesystem::path stat_;
  std::optional<CpuTicks> last_;
  std::chrono::steady_clock::time_point time_;
  double busy_ = 0;
};

}  // namespace multiconn::agent
