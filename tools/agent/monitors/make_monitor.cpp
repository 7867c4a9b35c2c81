#include "agent/monitors/make_monitor.hpp"

#include <stdexcept>

#include "agent/monitors/auto_monitor.hpp"
#include "agent/monitors/exec_monitor.hpp"
#include "agent/monitors/mediamtx_monitor.hpp"
#include "agent/monitors/nginx_rtmp_monitor.hpp"
#include "agent/monitors/origin_status_monitor.hpp"
#include "agent/monitors/srs_monitor.hpp"
#include "agent/monitors/tcp_monitor.hpp"

namespace multiconn::agent {
namespace {

tools::HttpUrl urlOr(const MonitorChoice& choice, const char* otherwise) {
  return tools::parseHttpUrl(choice.url.empty() ? otherwise : choice.url);
}

std::unique_ptr<AgentMonitor> makeAuto(const MonitorChoice& choice) {
  AutoOptions options;
  if (!choice.url.empty()) options.url = tools::parseHttpUrl(choice.url);
  options.rtmp_port = choice.rtmp_port;
  options.log = choice.log;
  return std::make_unique<AutoMonitor>(std::move(options));
}

std::unique_ptr<AgentMonitor> makeExec(const MonitorChoice& choice) {
  if (choice.command.empty() || choice.command.front().empty())
    throw std::invalid_argument(
        "the monitor exec needs a command: --exec PROGRAM, and --exec once more for each argument");
  return std::make_unique<ExecMonitor>(ExecOptions{choice.command, choice.command_timeout, choice.log});
}

}  // namespace

const std::vector<std::string>& monitorNames() {
  static const std::vector<std::string> names{"auto",     "origin", "nginx-rtmp", "srs",
                                              "mediamtx", "tcp",    "exec"};
  return names;
}

std::unique_ptr<AgentMonitor> makeMonitor(const MonitorChoice& choice) {
  if (choice.name != "exec" && !choice.command.empty())
    throw std::invalid_argument("--exec is for --monitor exec");
  if ((choice.name == "exec" || choice.name == "tcp") && !choice.url.empty())
    throw std::invalid_argument("the monitor " + choice.name + " reads no --monitor-url");
  if (choice.name == "auto") return makeAuto(choice);
  if (choice.name == "exec") return makeExec(choice);
  if (choice.name == "tcp") return std::make_unique<TcpMonitor>(choice.rtmp_port);
  if (choice.name == "nginx-rtmp")
    return std::make_unique<NginxRtmpMonitor>(urlOr(choice, "http://127.0.0.1/stat"));
  if (choice.name == "origin")
    return std::make_unique<OriginStatusMonitor>(urlOr(choice, "http://127.0.0.1:8080/status.json"));
  if (choice.name == "srs") return std::make_unique<SrsMonitor>(urlOr(choice, "http://127.0.0.1:1985"));
  if (choice.name == "mediamtx")
    return std::make_unique<MediamtxMonitor>(urlOr(choice, "http://127.0.0.1:9997"));
  throw std::invalid_argument("there is no monitor " + choice.name);
}

}  // namespace multiconn::agent
