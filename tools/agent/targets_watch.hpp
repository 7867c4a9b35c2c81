#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "balance/target_file.hpp"
#include "net/scheduler.hpp"

namespace multiconn::agent {

/// The targets in a file. Throws std::runtime_error with one sentence that names file and line, free of keys.
std::vector<balance::Target> readTargets(const std::filesystem::path& file);

/// Looks each second whether a targets file has changed, also by a rename over it, and reads it again.
class TargetsWatch {
 public:
  /// `changed` gets good targets; `broken` one sentence, once for each state of the file.
  TargetsWatch(net::Scheduler& scheduler, std::filesystem::path file,
               std::function<void(std::vector<balance::Target>)> changed,
               std::function<void(const std::string&)> broken);

  static constexpr std::chrono::seconds period{1};

 private:
  /// What changes when a file is written or replaced.
  struct Mark {
    std::uint64_t device = 0, inode = 0;
    std::int64_t size = -1, seconds = 0, nanoseconds = 0;
    bool operator==(const Mark&) const = default;
  };
  Mark mark() const;
  void look();
  void wait();

  net::Scheduler& scheduler_;
  std::filesystem::path file_;
  std::function<void(std::vector<balance::Target>)> changed_;
  std::function<void(const std::string&)> broken_;
  Mark seen_;
  net::Timer timer_;
};

}  // namespace multiconn::agent
