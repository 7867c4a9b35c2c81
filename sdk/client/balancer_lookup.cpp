#include "client/balancer_lookup.hpp"

#include <algorithm>
#include <utility>

#include "client/destinations.hpp"
#include "client/sentence.hpp"

namespace multiconn::client {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t most_servers = 16;
constexpr std::size_t most_balancers = 16;
/// Until the next balancer is asked, whether or not the last has answered.
constexpr std::chrono::milliseconds patience = 400ms;
/// A request that takes longer is given up, so that its balancer can be asked anew.
constexpr std::chrono::milliseconds answer_limit = 5s;

// A balancer that has just been started names nobody for about as long as a setup lasts: asking rarely would
// miss the moment. One that is down for long is not to be hammered.
std::chrono::milliseconds pauseAfter(unsigned rounds) {
  if (rounds <= 1) return 250ms;
  return rounds < 8 ? 500ms : 1000ms;
}

}  // namespace

net::HttpUrlResult parseBalancerUrl(std::string_view text) {
  net::HttpUrlResult parsed = net::parseHttpUrl(text);
  if (parsed.url && parsed.url->target == "/") parsed.url->target = "/loadbalancer";
  return parsed;
}

std::string problemOf(const BalancerQuestion& question) {
  if (question.balancers.empty()) return "There is no balancer to ask.";
  if (question.balancers.size() > most_balancers) return "There are more than 16 balancers to ask.";
  if (question.count < 1 || question.count > most_servers)
    return "A balancer can be asked for 1 to 16 servers.";
  if (!question.scheme.empty() && !isRtmpScheme(question.scheme))
    return "The scheme wanted of a balancer's servers is not one of RTMP's.";
  return {};
}

std::string inDetail(const BalancerReply& reply) {
  std::string text = reply.error;
  if (!reply.servers.empty()) return text;
  for (const BalancerOutcome& outcome : reply.balancers)
    if (!outcome.error.empty()) text += " " + outcome.url + ": " + outcome.error;
  return text;
}

BalancerLookup::BalancerLookup(net::Scheduler& scheduler, Runtime::Engine& engine, BalancerQuestion question,
                               std::function<void(BalancerReply)> done)
    : scheduler_(scheduler), engine_(engine), question_(std::move(question)), done_(std::move(done)) {
  for (const std::string& text : question_.balancers) {
    Balancer balancer;
    net::HttpUrlResult parsed = parseBalancerUrl(text);
    balancer.masked_url = parsed.url ? parsed.url->masked() : maskedUrl(text, false);
    balancer.error = client::sentence(std::move(parsed.error));
    balancer.final = !parsed.url;
    if (parsed.url) balancer.url = std::move(*parsed.url);
    balancers_.push_back(std::move(balancer));
  }
}

BalancerLookup::~BalancerLookup() = default;

void BalancerLookup::start(rtmp::TimePoint called_at) {
  called_at_ = called_at;
  const rtmp::Duration left = called_at + question_.timeout - scheduler_.now();
  deadline_ = scheduler_.after(std::max(left, rtmp::Duration::zero()), [this] { finish(); });
  const bool pointless = !problemOf(question_).empty() || hopeless();
  step_ = scheduler_.after(0ms, [this, pointless] { pointless ? finish() : askNext(); });
}

bool BalancerLookup::hopeless() const {
  return servers_.empty() && std::all_of(balancers_.begin(), balancers_.end(),
                                         [](const Balancer& balancer) { return balancer.final; });
}

bool BalancerLookup::askable(const Balancer& balancer) const {
  return !balancer.final && !balancer.fetch && !balancer.told_all;
}

bool BalancerLookup::awaited(const Balancer& balancer) const {
  return balancer.fetch && scheduler_.now() - balancer.asked_at < patience;
}

void BalancerLookup::askNext() {
  while (next_ < balancers_.size() && !askable(balancers_[next_])) ++next_;
  if (next_ == balancers_.size()) return roundOver();
  step_ = scheduler_.after(patience, [this] { askNext(); });
  ask(balancers_[next_++]);
}

void BalancerLookup::ask(Balancer& balancer) {
  // Those that were named already, and are not counted, may be the best again.
  const std::size_t others = seen_.size() - std::min(seen_.size(), servers_.size());
  balancer.asked_for = std::min(question_.count + others, most_servers);
  balancer.asked_at = scheduler_.now();
  const std::string parameters = balancerParameters(balancer.asked_for, question_.scheme);
  balancer.limit = scheduler_.after(answer_limit, [this, &balancer] {
    balancer.fetch.reset();
    failed(balancer, "It has not answered within 5 seconds.", false);
  });
  balancer.fetch =
      engine_.fetch(scheduler_, {balancer.url.withParameters(parameters), question_.tls},
                    [this, &balancer](const net::FetchResult& result) { answered(balancer, result); });
}

void BalancerLookup::answered(Balancer& balancer, const net::FetchResult& result) {
  const auto ended = std::move(balancer.fetch);  // it is on the stack: it goes with this call
  BalancerAnswer answer = readBalancerAnswer(result, question_.scheme);
  if (!answer.problem.empty()) return failed(balancer, std::move(answer.problem), answer.final);
  take(balancer, std::move(answer));
}

void BalancerLookup::failed(Balancer& balancer, std::string problem, bool final) {
  balancer.limit.cancel();
  balancer.error = std::move(problem);
  balancer.answered_well = false;
  balancer.final = final;
  balancer.elapsed = elapsed();
  goOn();
}

void BalancerLookup::take(Balancer& balancer, BalancerAnswer answer) {
  balancer.limit.cancel();
  balancer.error.clear();
  balancer.answered_well = true;
  balancer.elapsed = elapsed();
  balancer.told_all = answer.counts && answer.servers.size() < balancer.asked_for;
  for (FoundServer& server : answer.servers) {
    if (!seen_.insert({server.scheme, lowerCase(server.host), server.port}).second) continue;
    gained_ = true;
    if (!complete() && (!is_wanted_ || is_wanted_(server))) servers_.push_back(std::move(server));
  }
  goOn();
}

void BalancerLookup::goOn() {
  if (complete() || hopeless()) return finish();
  if (pausing_) return gained_ ? startRound() : void();
  const auto rest = balancers_.begin() + static_cast<std::ptrdiff_t>(next_);
  const bool more = std::any_of(rest, balancers_.end(), [this](const Balancer& b) { return askable(b); });
  const bool waits =
      std::any_of(balancers_.begin(), balancers_.end(), [this](const Balancer& b) { return awaited(b); });
  if (more || !waits) askNext();  // else step_ ends the waiting
}

/// A whole round without another name: what is there is all there is.
void BalancerLookup::roundOver() {
  ++rounds_;
  if (!seen_.empty() && !gained_) return finish();
  if (gained_) return startRound();
  pausing_ = true;
  step_ = scheduler_.after(pauseAfter(rounds_), [this] { startRound(); });
}

void BalancerLookup::startRound() {
  pausing_ = false;
  gained_ = false;
  next_ = 0;
  askNext();
}

BalancerReply BalancerLookup::standing() const {
  BalancerReply reply;
  reply.servers = servers_;
  reply.elapsed = elapsed();
  for (const Balancer& balancer : balancers_) {
    BalancerOutcome outcome{balancer.masked_url, balancer.error, balancer.elapsed.value_or(reply.elapsed)};
    if (outcome.error.empty() && !balancer.answered_well)
      outcome.error = balancer.asked_for > 0 ? "It has not answered." : "It was not asked.";
    reply.balancers.push_back(std::move(outcome));
  }
  if (complete() && problemOf(question_).empty()) return reply;
  reply.error = sentence();
  return reply;
}

std::string BalancerLookup::sentence() const {
  if (std::string problem = problemOf(question_); !problem.empty()) return problem;
  if (seen_.empty()) return "No balancer has named a server.";
  if (servers_.empty()) return "The balancers named no server that is not in use here already.";
  const std::string found = std::to_string(servers_.size());
  return "The balancers named " + found + (servers_.size() == 1 ? " server" : " servers") + " of the " +
         std::to_string(question_.count) + " that were asked for.";
}

std::chrono::milliseconds BalancerLookup::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(scheduler_.now() - called_at_);
}

void BalancerLookup::finish() {
  BalancerReply reply = standing();
  deadline_.cancel();
  step_.cancel();
  for (Balancer& balancer : balancers_) {
    balancer.limit.cancel();
    balancer.fetch.reset();
  }
  if (const auto done = std::exchange(done_, nullptr)) done(std::move(reply));  // may destroy this
}

}  // namespace multiconn::client
