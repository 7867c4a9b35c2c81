#include "agent/monitors/nginx_rtmp_monitor.hpp"

#include <dirent.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <pugixml.hpp>
#include <stdexcept>
#include <string>

#include "agent/monitors/monitor_page.hpp"

namespace multiconn::agent {
namespace {

/// Of a process, from /proc/PID/stat (proc(5)); 0: there is no such process.
int parentOf(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string text;
  std::getline(file, text);
  // The name before it may hold anything, parentheses included.
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string::npos || name_end + 4 > text.size()) return 0;
  return std::atoi(text.c_str() + name_end + 4);
}

/// nginx names its processes "nginx: worker process", "nginx: cache manager process" and the like.
bool isWorker(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/cmdline");
  std::string title;
  std::getline(file, title, '\0');
  return title.rfind("nginx: worker process", 0) == 0;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

}  // namespace

NginxStat parseNginxStat(std::string_view xml) {
  pugi::xml_document document;
  if (!document.load_buffer(xml.data(), xml.size()) || !document.child("rtmp"))
    throw std::runtime_error("this is no statistics page of nginx-rtmp");
  const pugi::xml_node rtmp = document.child("rtmp");
  NginxStat stat;
  stat.accepts = rtmp.child("naccepted").text().as_ullong();
  // bw_in and bw_out are the same, but renewed only each 10 s.
  stat.bytes_in = rtmp.child("bytes_in").text().as_ullong();
  stat.bytes_out = rtmp.child("bytes_out").text().as_ullong();
  stat.pid = rtmp.child("pid").text().as_int();
  // Summed here: nclients exists for each application and each stream.
  for (const pugi::xml_node server : rtmp.children("server")) {
    for (const pugi::xml_node application : server.children("application")) {
      for (const char* kind : {"live", "play"})
        stat.clients += application.child(kind).child("nclients").text().as_uint();
    }
  }
  return stat;
}

std::optional<int> nginxWorkers(int worker_pid) {
  const int master = parentOf(std::to_string(worker_pid));
  // `master_process off` has neither master nor workers.
  if (worker_pid <= 0 || master <= 0) return {};
  if (!isWorker(std::to_string(worker_pid))) return 1;
  const std::unique_ptr<DIR, CloseFolder> processes(::opendir("/proc"));
  if (!processes) return {};
  int workers = 0;
  while (const dirent* entry = ::readdir(processes.get())) {
    const std::string pid = entry->d_name;
    if (pid.front() < '1' || pid.front() > '9') continue;
    if (parentOf(pid) == master && isWorker(pid)) ++workers;
  }
  return workers;
}

AgentLoad NginxRtmpMonitor::load() {
  const NginxStat stat = parseNginxStat(readPage(page_, interrupt_));
  requireOneWorker(stat.pid);
  const auto now = std::chrono::steady_clock::now();
  AgentLoad load;
  load.connections = stat.clients;
  load.accepts = accepts_.read(stat.accepts, probes_.connections());
  load.in_bits = in_.read(stat.bytes_in, now);
  load.out_bits = out_.read(stat.bytes_out, now);
  return load;
}

void NginxRtmpMonitor::requireOneWorker(int pid) {
  if (pid == pid_) return;
  if (nginxWorkers(pid).value_or(1) > 1)
    throw std::runtime_error(
        "nginx has several workers, and its page shows the clients of one: use --monitor tcp, or "
        "worker_processes 1");
  pid_ = pid;
}

}  // namespace multiconn::agent
