#include "bench_origin.hpp"

#include <unistd.h>

#include <filesystem>
#include <stdexcept>

namespace multiconn::bench {
namespace {

std::string executable() {
  const auto own = std::filesystem::read_symlink("/proc/self/exe");
  const std::string path = own.parent_path() / "multiconn-origin";
  if (::access(path.c_str(), X_OK) != 0) throw std::runtime_error("there is no " + path);
  return path;
}

std::vector<std::string> arguments(std::uint16_t port) {
  // Players wait for as long as a measurement can take.
  return {"--listen", "127.0.0.1:" + std::to_string(port), "--log-level", "error", "--play-wait", "3600s"};
}

}  // namespace

BenchOrigin::BenchOrigin(int cpu) : cpu_(cpu) {
  process_.emplace(executable(), arguments(0), cpu_);
  const std::string greeting = process_->line();
  const std::size_t at = greeting.rfind(':');
  if (!greeting.starts_with("listening rtmp ") || at == std::string::npos)
    throw std::runtime_error("multiconn-origin does not say its port");
  port_ = static_cast<std::uint16_t>(std::stoul(greeting.substr(at + 1)));
}

void BenchOrigin::restart() {
  process_.emplace(executable(), arguments(port_), cpu_);
}

}  // namespace multiconn::bench
