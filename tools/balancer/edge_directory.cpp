#include "balancer/edge_directory.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

#include "balancer/edge_facts.hpp"

namespace multiconn::balancer {
namespace {

constexpr std::chrono::seconds alarm_time{60};

}  // namespace

std::string_view nameOf(LookUpForm form) {
  switch (form) {
    case LookUpForm::text:
      return "text";
    case LookUpForm::json:
      return "json";
    case LookUpForm::http_redirect:
      return "http_redirect";
    case LookUpForm::rtmp_redirect:
      return "rtmp_redirect";
    case LookUpForm::rtmp_relay:
      return "rtmp_relay";
    case LookUpForm::rtmp_call:
      break;
  }
  return "rtmp_call";
}

std::uint64_t DirectoryCounts::lookUps() const {
  std::uint64_t sum = 0;
  for (const auto& results : look_ups) sum = std::accumulate(results.begin(), results.end(), sum);
  return sum;
}

std::uint64_t DirectoryCounts::refused() const {
  return std::accumulate(refusals.begin(), refusals.end(), std::uint64_t{0});
}

EdgeDirectory::EdgeDirectory(balance::DispatcherOptions options, balance::Opener opener,
                             balance::TimePoint now, std::uint64_t seed, Log log,
                             const std::vector<balance::Guid>& paused)
    : message_timeout_(options.pool.message_timeout),
      dispatcher_(std::move(options), now, seed),
      opener_(std::move(opener)),
      log_(std::move(log)) {
  dispatcher_.expectPaused(paused);
}

void EdgeDirectory::receive(rtmp::BytesView datagram, const std::string& sender, balance::TimePoint now,
                            balance::WallTime wall) {
  const auto result = opener_.open(datagram, wall);
  if (const auto* const refusal = std::get_if<balance::RefusedReport>(&result)) {
    return refused(*refusal, sender, now);
  }
  const auto& opened = std::get<balance::OpenedReport>(result);
  ++counts_.reports;
  dispatcher_.report(opened, now);
  if (const auto index = pool().find(opened.guid)) note(pool().edges()[*index], now);
}

balance::Answer EdgeDirectory::lookUp(const balance::Question& question, LookUpForm form,
                                      balance::TimePoint now) {
  balance::Answer answer = dispatcher_.answer(question, now);
  const balance::NoEdge result = answer.chosen.empty() ? answer.reason : balance::NoEdge::none;
  ++counts_.look_ups[static_cast<std::size_t>(form)][static_cast<std::size_t>(result)];
  if (question.counts) counts_.redirects += answer.chosen.size();
  return answer;
}

bool EdgeDirectory::pause(std::string_view id, bool paused, balance::TimePoint now) {
  const auto guid = guidOf(id);
  if (!guid || !dispatcher_.pause(*guid, paused)) return false;
  ++counts_.pauses;
  if (const auto index = pool().find(*guid)) note(pool().edges()[*index], now);
  return true;
}

std::optional<balance::Guid> EdgeDirectory::guidOf(std::string_view id) const {
  const auto isMeant = [id](const balance::Guid& guid) { return guid.text() == id; };
  for (const balance::Edge& edge : pool().edges())
    if (isMeant(edge.guid)) return edge.guid;
  const std::vector<balance::Guid> paused = pool().paused();
  const auto found = std::find_if(paused.begin(), paused.end(), isMeant);
  return found == paused.end() ? std::nullopt : std::optional(*found);
}

void EdgeDirectory::tick(balance::TimePoint now) {
  for (const balance::Edge& edge : pool().edges()) note(edge, now);
  dispatcher_.expire(now);
  if (noted_.size() > pool().edges().size()) {
    std::erase_if(noted_, [this](const auto& entry) { return !pool().find(entry.first); });
  }
  std::erase_if(duplicated_, [now](const auto& entry) { return now - entry.second > alarm_time; });
}

bool EdgeDirectory::isDuplicated(const balance::Guid& guid, balance::TimePoint now) const {
  const auto found = duplicated_.find(guid);
  return found != duplicated_.end() && now - found->second <= alarm_time;
}

std::size_t EdgeDirectory::duplicates(balance::TimePoint now) const {
  std::size_t count = 0;
  for (const auto& [guid, time] : duplicated_) count += now - time <= alarm_time ? 1u : 0u;
  return count;
}

void EdgeDirectory::refused(const balance::RefusedReport& refusal, const std::string& sender,
                            balance::TimePoint now) {
  ++counts_.refusals[static_cast<std::size_t>(refusal.reason)];
  if (refusal.guid && refusal.reason == balance::Refusal::duplicate_guid) duplicated_[*refusal.guid] = now;
  if (const auto line = refusal_log_.line(refusal, sender, now)) {
    const bool alarm = refusal.reason == balance::Refusal::duplicate_guid;
    log_(alarm ? LogLevel::error : LogLevel::warning, *line);
  }
}

// One line each time an edge comes, goes or changes its state, and one when it reports too seldom.
void EdgeDirectory::note(const balance::Edge& edge, balance::TimePoint now) {
  const balance::EdgeStatus status = pool().status(edge, now);
  const auto [known, is_new] = noted_.try_emplace(edge.guid, Noted{status});
  if (edge.report.interval >= message_timeout_ && !std::exchange(known->second.seldom, true)) {
    log_(LogLevel::warning, "edge " + edge.guid.text() + " reports each " +
                                std::to_string(edge.report.interval.count()) +
                                " ms, which is not within the message timeout of " +
                                std::to_string(message_timeout_.count()) + " ms: it is out in between");
  }
  if (!is_new && std::exchange(known->second.status, status) == status) return;
  const std::string why = whyOut(pool(), edge, now);
  log_(why.empty() ? LogLevel::info : LogLevel::warning,
       "edge " + edge.guid.text() + " at " + shownAddress(edge) +
           (why.empty() ? " takes clients" : " takes no clients: " + why));
}

}  // namespace multiconn::balancer
