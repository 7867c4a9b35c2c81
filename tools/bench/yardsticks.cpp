#include "yardsticks.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "sockets.hpp"

namespace multiconn::bench {
namespace {

void write(const std::string& path, const std::string& text) {
  std::ofstream(path) << text;
}

bool answers(std::uint16_t port) {
  try {
    ::close(connectToLoopback(port));
    return true;
  } catch (const std::system_error&) {
    return false;
  }
}

}  // namespace

std::string findProgram(const std::string& name) {
  const char* const path = std::getenv("PATH");
  std::istringstream folders((path ? std::string(path) + ":" : "") + "/usr/local/sbin:/usr/sbin:/sbin");
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const std::string file = folder + "/" + name; ::access(file.c_str(), X_OK) == 0) return file;
  return {};
}

std::uint16_t freePort() {
  const int socket = listenOnLoopback();
  const std::uint16_t port = localPort(socket);
  ::close(socket);
  return port;
}

Yardstick startYardstick(const std::string& executable, const std::vector<std::string>& arguments,
                         std::uint16_t port, int cpu) {
  Yardstick yardstick{std::make_unique<Process>(executable, arguments, cpu), port};
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!answers(port)) {
    if (std::chrono::steady_clock::now() >= deadline)
      throw std::runtime_error(executable + " does not start");
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return yardstick;
}

std::optional<Yardstick> startNginx(const scratch::TemporaryFolder& folder, const std::string& body,
                                    int cpu) {
  const std::string nginx = findProgram("nginx");
  if (nginx.empty()) return {};
  const std::uint16_t port = freePort();
  const std::string config = folder.file("nginx.conf");
  std::ostringstream text;
  text
      << "daemon off; master_process off; worker_processes 1; pid " << folder.file("nginx.pid")
      << "; error_log " << folder.file("nginx.log") << " crit;\n"
      << "events { worker_connections 4096; }\n"
      << "http { access_log off; keepalive_requests 1000000000; default_type text/plain; server_tokens off;\n"
      << "  server { listen 127.0.0.1:" << port << "; location / { return 200 \"" << body << "\"; } } }\n";
  write(config, text.str());
  return startYardstick(nginx, {"-p", folder.file(""), "-e", folder.file("nginx.log"), "-c", config}, port,
                        cpu);
}

std::optional<Yardstick> startHaproxy(const scratch::TemporaryFolder& folder, std::uint16_t to, int cpu) {
  const std::string haproxy = findProgram("haproxy");
  if (haproxy.empty()) return {};
  const std::uint16_t port = freePort();
  const std::string config = folder.file("haproxy.cfg");
  std::ostringstream text;
  text << "global\n  nbthread 1\n  maxconn 4096\ndefaults\n  mode tcp\n  timeout connect 5s\n"
       << "  timeout client 60s\n  timeout server 60s\n"
       << "listen relay\n  bind 127.0.0.1:" << port << "\n  server edge 127.0.0.1:" << to << "\n";
  write(config, text.str());
  return startYardstick(haproxy, {"-db", "-q", "-f", config}, port, cpu);
}

}  // namespace multiconn::bench
