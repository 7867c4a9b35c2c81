#pragma once

#include <ostream>

#include "publish/reporter.hpp"

namespace publish {

/// One JSON object a line: {"event":"status",...} as they come, {"event":"stats","servers":[...]} each
/// second, and
/// {"event":"summary","servers":[...]} last.
class JsonReporter : public Reporter {
 public:
  explicit JsonReporter(std::ostream& out) : out_(out) {}
  void status(const multiconn::Status& status) override;
  void stats(const std::vector<multiconn::ServerStats>& servers) override;
  void summary(const std::vector<multiconn::ServerStats>& servers) override;

 private:
  std::ostream& out_;
};

}  // namespace publish
