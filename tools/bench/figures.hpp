#pragma once

#include <optional>
#include <string>

namespace multiconn::bench {

/// What a figure may be at most, or has to be at least.
struct Gate {
  double bound = 0;
  bool at_least = false;
};

struct Figure {
  std::string measurement;  ///< what was done
  std::string name;         ///< what of it
  double value = 0;         ///< NaN: there is none, which no gate lets pass
  std::string unit;
  std::optional<Gate> gate = {};

  bool held() const;
};

/// A line of the table, without its end.
std::string tableRow(const Figure& figure);
/// An object in one line; "value" is null when there is none, "gate" and "ok" are left out without a gate.
std::string jsonRow(const Figure& figure);

/// Prints the figures of one subcommand as they come: a table, or one JSON object a line.
class Figures {
 public:
  explicit Figures(bool json);
  void add(const Figure& figure);
  /// A sentence about the run.
  void note(const std::string& text) const;
  /// 3 when a gate was not held.
  int exitCode() const { return all_held_ ? 0 : 3; }

 private:
  bool json_;
  bool all_held_ = true;
};

}  // namespace multiconn::bench
