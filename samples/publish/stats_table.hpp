#pragma once

#include <chrono>
#include <cstdint>
#include <ostream>
#include <vector>

#include "publish/reporter.hpp"

namespace publish {

/// A table for people: redrawn in place on a terminal; elsewhere plain lines, for each status and at the end.
class TableReporter : public Reporter {
 public:
  TableReporter(std::ostream& out, bool terminal) : out_(out), terminal_(terminal) {}
  void status(const multiconn::Status& status) override;
  void stats(const std::vector<multiconn::ServerStats>& servers) override;
  void summary(const std::vector<multiconn::ServerStats>& servers) override;
  void makeRoom() override;

 private:
  using Clock = std::chrono::steady_clock;

  void draw(const std::vector<multiconn::ServerStats>& servers, double seconds);

  std::ostream& out_;
  const bool terminal_;
  std::size_t drawn_lines_ = 0;  ///< above the cursor, to be overwritten
  std::vector<std::uint64_t> last_bytes_;
  Clock::time_point started_ = Clock::now(), last_ = started_;
};

}  // namespace publish
