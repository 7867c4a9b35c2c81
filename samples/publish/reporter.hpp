#pragma once

#include <vector>

#include <multiconn/status.hpp>

namespace publish {

/// What standard output shows of a broadcast. Called from one thread.
class Reporter {
 public:
  virtual ~Reporter() = default;
  virtual void status(const multiconn::Status&) {}
  /// Once a second.
  virtual void stats(const std::vector<multiconn::ServerStats>&) {}
  /// Once, at the end.
  virtual void summary(const std::vector<multiconn::ServerStats>&) {}
  /// Another line is about to be written to the terminal.
  virtual void makeRoom() {}
};

}  // namespace publish
