#include "chaos/verdict.hpp"

#include <algorithm>

#include "chaos/judge.hpp"

namespace multiconn::chaos {

namespace {

void noteMoves(Site& site) {
  auto& publications = site.server->publications;
  for (std::size_t i = 1; i < publications.size(); ++i)
    publications[i].moved = std::none_of(site.lost_at.begin(), site.lost_at.end(), [&](net::TimePoint at) {
      return at >= publications[i - 1].started && at <= publications[i].started;
    });
}

Claim claimOf(Stage& stage, const Site& site) {
  const Claim::Returns returns = site.spare     ? Claim::Returns::spare
                                 : site.resumes ? Claim::Returns::whole
                                                : Claim::Returns::live;
  return {stage.ledger,
          site.host,
          stage.plan.options.resume_age,
          stage.plan.options.resume_bytes,
          stage.plan.options.queue_age,
          stage.plan.options.queue_bytes,
          returns,
          [&stage](const std::string& what) { stage.complaints.add(what); }};
}

void judgeSite(Stage& stage, Site& site, const Outcome& outcome) {
  noteMoves(site);
  const Claim claim = claimOf(stage, site);
  const auto& publications = site.server->publications;
  Resumptions resumptions = judgeResumption(claim, publications);
  for (const Publication& publication : publications)
    resumptions.lacking.add(judgePublication(claim, publication));
  stage.sum.resumed_whole += resumptions.whole;
  stage.sum.resumed_at_keyframe += resumptions.at_keyframe;
  if (outcome.closed && !site.removed && !site.spare)
    judgeCounts(claim, publications, resumptions.lacking, site.counted);
  if (!outcome.completed) return;
  if (!site.touched) {
    ++stage.sum.untouched;
    judgeUntouched(claim, publications, outcome.data_sent);
  }
  if (site.touched && !site.removed && !site.may_fail && !site.spare && !site.server->narrow)
    stage.sum.complete_ends += judgeEnd(claim, publications) ? 1U : 0U;
}

}  // namespace

void judgeSites(Stage& stage, const Outcome& outcome) {
  for (const auto& site : stage.sites) judgeSite(stage, *site, outcome);
}

}  // namespace multiconn::chaos
