#include "agent/targets_watch.hpp"

#include <sys/stat.h>

#include <cerrno>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace multiconn::agent {
namespace {

// 255 lines of the longest host and key there may be.
constexpr std::size_t max_file_bytes = 256 * 1024;

std::string textOf(const std::filesystem::path& file) {
  std::ifstream input(file, std::ios::binary);
  std::string text(max_file_bytes + 1, '\0');
  if (input) input.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (input.bad() || !input.is_open())
    throw std::runtime_error("cannot read " + file.string() + ": " + std::system_category().message(errno));
  text.resize(static_cast<std::size_t>(input.gcount()));
  if (text.size() > max_file_bytes)
    throw std::runtime_error(file.string() + " is too long for a targets file");
  return text;
}

}  // namespace

std::vector<balance::Target> readTargets(const std::filesystem::path& file) {
  if (std::filesystem::is_directory(file)) throw std::runtime_error(file.string() + " is a directory");
  balance::TargetFile parsed = balance::parseTargets(textOf(file));
  if (!parsed.errors.empty()) {
    const auto& error = parsed.errors.front();
    throw std::runtime_error(file.string() + ", line " + std::to_string(error.line) + ": " + error.text);
  }
  if (parsed.targets.empty()) throw std::runtime_error(file.string() + " names no balancer");
  return std::move(parsed.targets);
}

TargetsWatch::TargetsWatch(net::Scheduler& scheduler, std::filesystem::path file,
                           std::function<void(std::vector<balance::Target>)> changed,
                           std::function<void(const std::string&)> broken)
    : scheduler_(scheduler),
      file_(std::move(file)),
      changed_(std::move(changed)),
      broken_(std::move(broken)),
      seen_(mark()) {
  wait();
}

void TargetsWatch::wait() {
  timer_ = scheduler_.after(period, [this] {
    look();
    wait();
  });
}

TargetsWatch::Mark TargetsWatch::mark() const {
  struct stat found {};
  if (::stat(file_.c_str(), &found) != 0) return {};
  return {found.st_dev, found.st_ino, found.st_size, found.st_mtim.tv_sec, found.st_mtim.tv_nsec};
}

void TargetsWatch::look() {
  const Mark now = mark();
  if (std::exchange(seen_, now) == now) return;
  try {
    changed_(readTargets(file_));
  } catch (const std::exception& error) {
    broken_(error.what());
  }
}

}  // namespace multiconn::agent
