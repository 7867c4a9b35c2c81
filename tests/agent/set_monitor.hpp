#pragma once

#include <mutex>
#include <stdexcept>

#include <multiconn/agent.hpp>

namespace multiconn::test {

/// Tells what the test set.
class SetMonitor final : public AgentMonitor {
 public:
  struct Shared {
    std::mutex mutex;
    AgentLoad load;
    std::string failure;
    void set(const std::function<void(AgentLoad&)>& change) {
      const std::lock_guard lock(mutex);
      change(load);
    }
  };
  explicit SetMonitor(std::shared_ptr<Shared> shared) : shared_(std::move(shared)) {}

  AgentLoad load() override {
    const std::lock_guard lock(shared_->mutex);
    if (!shared_->failure.empty()) throw std::runtime_error(shared_->failure);
    return shared_->load;
  }
  std::chrono::milliseconds period() const override { return std::chrono::milliseconds(10); }
  std::string name() const override { return "set"; }

 private:
  std::shared_ptr<Shared> shared_;
};

}  // namespace multiconn::test
