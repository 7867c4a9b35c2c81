#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include <multiconn/destination.hpp>

namespace CLI {
class App;
}

namespace publish {

/// The options that let a load balancer name the servers.
class BalancerArguments {
 public:
  void describe(CLI::App& app);
  /// Nothing when no balancer is named. Throws std::invalid_argument with one sentence, free of secrets: an
  /// option is missing, or is there without --balancer, or its value cannot be one.
  std::optional<multiconn::Destination> destination() const;

 private:
  std::vector<std::string> balancers_;
  std::optional<std::size_t> count_;
  std::string app_, stream_, scheme_;
};

}  // namespace publish
