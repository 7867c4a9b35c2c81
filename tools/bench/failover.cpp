#include "failover.hpp"

#include "machine.hpp"

namespace multiconn::bench {

int runFailover(const FailoverOptions& options) {
  Figures figures(options.json);
  const Busyness machine;
  for (const std::string& each : options.cases) {
    if (each == "restart") measureRestarts(options, figures);
    if (each == "standby") measureTakeovers(options, figures);
    if (each == "black-hole") measureBlackHoles(options, figures);
  }
  figures.note(machine.tell());
  return figures.exitCode();
}

}  // namespace multiconn::bench
