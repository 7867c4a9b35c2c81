#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <ostream>
#include <utility>
#include <vector>

#include "publish/reporter.hpp"

namespace publish {

/// Characters in a line of the terminal that standard output is; 0 if it is none.
std::size_t terminalWidth();

/// A table for people: redrawn in place on a terminal; elsewhere plain lines, for each status and at the end.
class TableReporter : public Reporter {
 public:
  /// `width` is asked before each table: characters in a line of the terminal, and 0 where there is none.
  TableReporter(std::ostream& out, std::function<std::size_t()> width)
      : out_(out), width_(std::move(width)), terminal_(width_() != 0) {}
  void status(const multiconn::Status& status) override;
  void stats(const std::vector<multiconn::ServerStats>& servers) override;
  void summary(const std::vector<multiconn::ServerStats>& servers) override;
  void makeRoom() override;

 private:
  using Clock = std::chrono::steady_clock;

  void draw(const std::vector<multiconn::ServerStats>& servers, double seconds);

  std::ostream& out_;
  const std::function<std::size_t()> width_;
  const bool terminal_;
  std::size_t drawn_lines_ = 0;  ///< above the cursor, to be overwritten
  std::vector<std::uint64_t> last_bytes_;
  Clock::time_point started_ = Clock::now(), last_ = started_;
};

}  // namespace publish
