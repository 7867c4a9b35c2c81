#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/multi_connection.hpp>

#include "chaos/faults.hpp"
#include "chaos/plan.hpp"
#include "chaos/random.hpp"
#include "chaos/server.hpp"
#include "chaos/world.hpp"

namespace multiconn::chaos {

/// One destination of a run, and the server there.
struct Site {
  std::string host;
  ServerId id{};
  std::shared_ptr<Server> server;
  std::vector<Fault> faults;
  bool touched = false;   // faults, or it came later than the others
  bool may_fail = false;  // it has told the client not to come back
  bool removed = false;
  bool resumes = true;
  bool spare = false;
  std::size_t met_before = 0;           // the present fault
  std::vector<net::TimePoint> lost_at;  // as the client has said
  DroppedFrames counted;                // by the client, for it

  std::string text() const;
  std::string otherName() const { return host + "-again"; }
  std::string otherUrl() const { return "rtmp://" + otherName() + "/live"; }
};

/// Joins the world under both its names.
std::unique_ptr<Site> makeSite(std::size_t number, bool touched, const Plan& plan, Random& random,
                               World& world, const Ledger& ledger,
                               std::function<void(const std::string&)> complain);

/// How the application names it. `published`: the client has been told what is published where nothing else
/// is said. `look_ups` counts what a balancer has answered.
Destination destinationOf(Site& site, Random& random, World& world, bool published, std::size_t& look_ups);

}  // namespace multiconn::chaos
