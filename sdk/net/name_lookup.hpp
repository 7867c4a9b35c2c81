#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "net/asio_scheduler.hpp"
#include "net/link.hpp"
#include "net/socket.hpp"

namespace multiconn::net {

struct LookupResult {
  std::vector<Address> addresses;  ///< in the resolver's order; empty: see failure
  LinkFailure failure;
};

/// Looks a host's addresses up and tells once, from a task of its own. Destroying it forgets the question at
/// once, even while the system's resolver hangs: its thread then ends by itself and touches nothing of ours.
class NameLookup {
 public:
  NameLookup(AsioScheduler& scheduler, const std::string& host, std::uint16_t port,
             std::function<void(LookupResult)> done);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

 private:
  struct Question;
  std::shared_ptr<Question> question_;
  std::shared_ptr<void> work_;
};

}  // namespace multiconn::net
