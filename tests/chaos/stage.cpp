#include "chaos/stage.hpp"

#include <algorithm>

namespace multiconn::chaos {

Stage::Stage(std::uint64_t seed, bool tell) : random(seed), plan(random), complaints(world.loop, tell) {
  const std::size_t count = random.number(1, 6);
  const std::size_t healthy = random.number(count == 1 ? 0 : 1, count);
  for (std::size_t i = 0; i < count; ++i) addSite(i >= healthy);
}

Site& Stage::addSite(bool touched) {
  sites.push_back(makeSite(sites.size(), touched, plan, random, world, ledger,
                           [this](const std::string& what) { complaints.add(what); }));
  complaints.tell(sites.back()->text());
  return *sites.back();
}

void Stage::scheduleFaults(Site& site) {
  for (const Fault& fault : site.faults) {
    healed_at = std::max(healed_at, world.loop.now() + fault.at + fault.lasts);
    world.loop.later(fault.at, [this, &site, &fault] {
      const auto step = site.server->step();
      if (step && strikes(fault)) ++sum.steps.at(static_cast<std::size_t>(*step));
      complaints.tell(site.host + " begins: " + name(fault.kind) +
                      (step ? std::string(" at ") + name(*step) : ""));
      site.met_before = site.server->met();
      begin(fault, *site.server, site.otherUrl());
    });
    world.loop.later(fault.at + fault.lasts, [this, &site, &fault] {
      complaints.tell(site.host + " heals: " + name(fault.kind));
      if (site.server->met() > site.met_before) ++sum.met.at(static_cast<std::size_t>(fault.kind));
      heal(fault, *site.server);
    });
  }
}

Site& Stage::site(ServerId id) {
  return **std::find_if(sites.begin(), sites.end(), [&](const auto& each) { return each->id == id; });
}

}  // namespace multiconn::chaos
