#include "balancer/balancer.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "balancer/admin_pages.hpp"
#include "balancer/client_address.hpp"
#include "balancer/look_up_pages.hpp"
#include "balancer/ready_set.hpp"
#include "balancer/report_port.hpp"
#include "balancer/rtmp_door.hpp"
#include "balancer/state_file.hpp"
#include "net/random.hpp"
#include "program/listen_on.hpp"

namespace multiconn::balancer {
namespace {

constexpr std::chrono::milliseconds tick_interval{250};
constexpr std::chrono::seconds save_interval{1};
constexpr std::size_t most_named = 5;

balance::WallTime wallNow() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

std::uint64_t randomSeed() {
  std::uint64_t seed = 0;
  net::fillRandom(std::as_writable_bytes(std::span(&seed, 1)));
  return seed;
}

std::vector<balance::SharedKey> sharedKeys(const std::vector<std::string>& texts) {
  std::vector<balance::SharedKey> keys;
  for (const std::string& text : texts) keys.emplace_back(text);
  return keys;
}

std::string endpointText(const net::Address& address) {
  const std::string host = address.host();
  return (address.isIpv6() ? "[" + host + "]" : host) + ":" + std::to_string(address.port());
}

const char* nameOf(RtmpMode mode) {
  return mode == RtmpMode::redirect ? "redirect" : mode == RtmpMode::relay ? "relay" : "auto";
}

std::unique_ptr<StateLock> locked(const std::filesystem::path& file) {
  return file.empty() ? nullptr : std::make_unique<StateLock>(file);
}

// A damaged file must not let old reports in, nor keep the service down: what was sent before now is out.
SavedState savedState(const std::filesystem::path& file, const Log& log) {
  const auto text = readStateFile(file);
  if (!text) return {};
  if (!text->empty() && !isStateFile(*text)) {
    throw std::runtime_error(file.string() + " is no state file of this version, and is not overwritten");
  }
  auto parsed = parseState(*text);
  if (auto* const state = std::get_if<SavedState>(&parsed)) return std::move(*state);
  log(LogLevel::error, "the state file " + file.string() + " is of no use, since " +
                           std::get<std::string>(parsed) +
                           ": only reports sent from now on are accepted, edges that were paused here are "
                           "no more, and it is written anew");
  return {wallNow(), {}, {}};
}

EdgeDirectory makeEdges(const BalancerOptions& options, balance::TimePoint now, const Log& log) {
  balance::OpenerOptions opener;
  opener.keys = sharedKeys(options.keys);
  opener.clock_tolerance = options.clock_tolerance;
  SavedState saved;
  if (!options.state_file.empty()) saved = savedState(options.state_file, log);
  const bool known = saved.saved_at != balance::WallTime{};
  return EdgeDirectory(options.dispatcher,
                       balance::Opener(std::move(opener), std::move(saved.marks),
                                       known ? std::optional(saved.saved_at) : std::nullopt),
                       now, randomSeed(), log, saved.paused);
}

}  // namespace

class Balancer::Impl {
 public:
  Impl(net::AsioScheduler& scheduler, BalancerOptions options, Log log)
      : scheduler_(scheduler),
        options_(std::move(options)),
        log_(std::move(log)),
        started_(scheduler.now()),
        state_lock_(locked(options_.state_file)),
        edges_(makeEdges(options_, started_, log_)),
        pages_(edges_, options_.server_info),
        ready_(scheduler),
        http_(scheduler, ready_, options_.http,
              [this](const HttpRequestView& request, const std::string& client, balance::TimePoint now,
                     HttpReply& reply) { pages_.answer(request, client, now, reply); }),
        rtmp_(makeRtmpDoor({scheduler, edges_, options_.rtmp, options_.max_rtmp_connections, log_,
                            rtmp_counts_, options_.max_rtmp_per_network, options_.max_rtmp_per_network})) {
    if (!options_.state_file.empty()) {
      // At once, so that a file that cannot be written is known before anything depends on it.
      writeStateFile(options_.state_file, state());
      writer_ = std::make_unique<StateWriter>(options_.state_file);
    }
    for (const tools::Endpoint& endpoint : options_.listen) listenForClients(endpoint);
    for (const tools::Endpoint& endpoint : options_.udp) listenForReports(endpoint);
    if (options_.admin) listenForAdmin(*options_.admin);
    // Where a port cannot be had, that is the only line.
    tellWhoIsPaused();
    warnOfLittleRoom();
    warnOfReplays();
    tick();
    save();
  }

  ~Impl() {
    if (writer_) writer_->write(state());
  }

  const std::vector<std::string>& listening() const { return listening_; }
  void setKeys(const std::vector<std::string>& keys) { edges_.setKeys(sharedKeys(keys)); }

 private:
  void listenForClients(const tools::Endpoint& endpoint) {
    tools::listenOn(endpoint.host, [&](const std::string& host) {
      client_ports_.push_back(
          std::make_unique<ClientPort>(scheduler_, ready_, *net::Address::numeric(host, endpoint.port),
                                       ClientPort::Doors{http_, rtmp_.get()}, options_.client_port));
    });
    listening_.push_back("rtmp " + endpointText(client_ports_.back()->address()));
  }

  void listenForReports(const tools::Endpoint& endpoint) {
    const auto received = [this](rtmp::BytesView datagram, const std::string& sender) {
      edges_.receive(datagram, sender, scheduler_.now(), wallNow());
    };
    tools::listenOn(endpoint.host, [&](const std::string& host) {
      report_ports_.push_back(
          std::make_unique<ReportPort>(scheduler_, *net::Address::numeric(host, endpoint.port), received));
    });
    listening_.push_back("udp " + endpointText(report_ports_.back()->address()));
  }

  void listenForAdmin(const tools::AdminListener& admin) {
    const auto pages = adminPages(
        {admin.token, !admin.loopback(), admin.names}, edges_, history_, [this] { return figures(); },
        [this] { return scheduler_.now(); }, log_);
    const std::string host = tools::listenOn(admin.at.host, [&](const std::string& numeric) {
      admin_ = std::make_unique<http::HttpServer>(
          scheduler_, numeric, admin.at.port, pages,
          http::HttpServerOptions{.log = [this](const std::string& line) { log_(LogLevel::error, line); }});
    });
    listening_.push_back("admin " + endpointText(*net::Address::numeric(host, admin_->port())));
  }

  // Whoever paused them before the restart may no longer know.
  void tellWhoIsPaused() {
    const std::vector<balance::Guid> paused = edges_.paused();
    if (paused.empty()) return;
    std::string names;
    for (std::size_t i = 0; i < std::min(paused.size(), most_named); ++i)
      names += (names.empty() ? "" : ", ") + paused[i].text();
    log_(LogLevel::info, "edges that are still paused: " + std::to_string(paused.size()) + " (" + names +
                             (paused.size() > most_named ? ", ...): multiconn-ctl servers lists them" : ")"));
  }

  // Once: the ports have all the same.
  void warnOfLittleRoom() {
    if (report_ports_.empty() || report_ports_.front()->complaint().empty()) return;
    log_(LogLevel::warning, report_ports_.front()->complaint());
  }

  void warnOfReplays() {
    if (!options_.clock_tolerance) {
      log_(LogLevel::warning,
           "clocks are not compared: reports that were recorded before a restart may be replayed after it");
    } else if (options_.state_file.empty()) {
      log_(LogLevel::info,
           "there is no --state-file: reports recorded shortly before a restart may be replayed after it");
    }
  }

  void tick() {
    const balance::TimePoint now = scheduler_.now();
    edges_.tick(now);
    history_.note(edges_.pool(), edges_.counts().redirects, now);
    tick_ = scheduler_.after(tick_interval, [this] { tick(); });
  }

  SavedState state() const { return {wallNow(), edges_.marks(), edges_.paused()}; }

  void save() {
    if (!writer_) return;
    const DirectoryCounts& counts = edges_.counts();
    if (const std::uint64_t changes = counts.reports + counts.pauses; changes != saved_changes_) {
      saved_changes_ = changes;
      writer_->write(state());
    }
    noteSaving(writer_->failure());
    save_ = scheduler_.after(save_interval, [this] { save(); });
  }

  // One line when it begins to fail, and one when it works again.
  void noteSaving(std::string failure) {
    if (!failure.empty()) ++state_failures_;
    if (failure.empty() != save_failure_.empty()) {
      if (failure.empty()) {
        log_(LogLevel::info, "the state file is written again");
      } else {
        log_(LogLevel::error, failure);
      }
    }
    save_failure_ = std::move(failure);
  }

  Figures figures() const {
    Figures figures;
    figures.started = started_;
    figures.policy = options_.dispatcher.policy;
    figures.rtmp_mode = nameOf(options_.rtmp.mode);
    figures.server_info = options_.server_info;
    figures.operations = options_.admin && !options_.admin->token.empty();
    figures.starting = edges_.isStarting(scheduler_.now());
    figures.message_timeout = options_.dispatcher.pool.message_timeout;
    figures.listening = listening_;
    for (const auto& port : client_ports_) add(figures.clients, port->counts());
    figures.http_connections = http_.connections();
    figures.http_requests = http_.requests();
    figures.http_crowded = http_.crowded();
    if (rtmp_) figures.rtmp_connections = rtmp_->connections();
    figures.rtmp = rtmp_counts_;
    for (const auto& port : report_ports_) figures.reports_dropped += port->dropped();
    figures.state_failures = state_failures_;
    return figures;
  }

  static void add(ClientPort::Counts& sum, const ClientPort::Counts& counts) {
    sum.accepted += counts.accepted;
    sum.silent += counts.silent;
    sum.crowded += counts.crowded;
    sum.garbage += counts.garbage;
    sum.waiting += counts.waiting;
  }

  net::AsioScheduler& scheduler_;
  BalancerOptions options_;
  Log log_;
  balance::TimePoint started_;
  std::unique_ptr<StateLock> state_lock_;  // until the last was written
  EdgeDirectory edges_;
  History history_;
  LookUpPages pages_;
  ReadySet ready_;
  HttpDoor http_;
  RtmpDoorCounts rtmp_counts_;
  std::unique_ptr<Door> rtmp_;
  std::vector<std::string> listening_;
  std::vector<std::unique_ptr<ClientPort>> client_ports_;
  std::vector<std::unique_ptr<ReportPort>> report_ports_;
  std::unique_ptr<http::HttpServer> admin_;
  std::unique_ptr<StateWriter> writer_;
  std::uint64_t saved_changes_ = 0, state_failures_ = 0;
  std::string save_failure_;
  net::Timer tick_, save_;
};

Balancer::Balancer(net::AsioScheduler& scheduler, BalancerOptions options, Log log)
    : impl_(std::make_unique<Impl>(scheduler, std::move(options), std::move(log))) {}
Balancer::~Balancer() = default;

const std::vector<std::string>& Balancer::listening() const {
  return impl_->listening();
}

void Balancer::setKeys(const std::vector<std::string>& keys) {
  impl_->setKeys(keys);
}

}  // namespace multiconn::balancer
