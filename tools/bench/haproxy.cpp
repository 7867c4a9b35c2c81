#include "haproxy.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace multiconn::bench {
namespace {

// HAProxy waits for a second, or for "timeout connect" if that is less, before it tries again when only one
// server is left.
std::string configuration(std::uint16_t port, const std::vector<std::uint16_t>& servers, std::size_t most) {
  std::ostringstream text;
  text << "global\n  nbthread 1\n  maxconn " << most << "\n"
       << "defaults\n  mode tcp\n  timeout connect 200ms\n  timeout client 2m\n  timeout server 2m\n"
       << "  timeout check 1s\n  option redispatch 1\n"
       << "listen masters\n  bind 127.0.0.1:" << port << " backlog 4096\n  balance leastconn\n"
       << "  default-server check inter 1s fall 2 rise 1 on-marked-down shutdown-sessions\n";
  for (std::size_t i = 0; i < servers.size(); ++i)
    text << "  server master-" << i << " 127.0.0.1:" << servers[i] << '\n';
  return text.str();
}

}  // namespace

Yardstick startLeastConnections(const scratch::TemporaryFolder& folder,
                                const std::vector<std::uint16_t>& servers, std::size_t most, int cpu) {
  const std::string program = findProgram("haproxy");
  if (program.empty()) throw std::runtime_error("HAProxy is not installed: apt-get install haproxy");
  const std::uint16_t port = freePort();
  const std::string file = folder.file("haproxy.cfg");
  std::ofstream(file) << configuration(port, servers, most);
  return startYardstick(program, {"-db", "-q", "-f", file}, port, cpu);
}

}  // namespace multiconn::bench
