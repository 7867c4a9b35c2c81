#include <multiconn/balancer_client.hpp>

#include <cstdint>
#include <map>
#include <utility>

#include "client/balancer_lookup.hpp"
#include "client/callback_gate.hpp"
#include "client/engine.hpp"

namespace multiconn {

/// Kept alive by the tasks on its strand; the handle is gone after abandon().
class BalancerClient::Core : public std::enable_shared_from_this<Core> {
 public:
  explicit Core(Runtime::Engine& engine) : engine_(engine.lasting()), scheduler_(engine_->makeScheduler()) {}

  // Any thread.
  void find(BalancerQuestion question, std::function<void(const BalancerReply&)> answer);
  void abandon();

 private:
  void ask(BalancerQuestion question, std::function<void(const BalancerReply&)> answer,
           rtmp::TimePoint called_at);
  void answered(std::uint64_t number, const std::function<void(const BalancerReply&)>& answer,
                const BalancerReply& reply);
  void end();

  std::shared_ptr<Runtime::Engine> engine_;
  std::shared_ptr<net::Scheduler> scheduler_;
  client::CallbackGate gate_;
  // The strand's own.
  std::uint64_t next_ = 0;
  std::map<std::uint64_t, std::unique_ptr<client::BalancerLookup>> lookups_;
};

BalancerClient::BalancerClient(Runtime& runtime) : core_(std::make_shared<Core>(runtime.engine())) {}

BalancerClient::~BalancerClient() {
  core_->abandon();
}

void BalancerClient::find(BalancerQuestion question, std::function<void(const BalancerReply&)> answer) {
  core_->find(std::move(question), std::move(answer));
}

void BalancerClient::Core::find(BalancerQuestion question, std::function<void(const BalancerReply&)> answer) {
  scheduler_->post([self = shared_from_this(), question = std::move(question), answer = std::move(answer),
                    now = scheduler_->now()] { self->ask(question, answer, now); });
}

void BalancerClient::Core::abandon() {
  gate_.close();
  scheduler_->post([self = shared_from_this()] { self->end(); });
}

void BalancerClient::Core::ask(BalancerQuestion question, std::function<void(const BalancerReply&)> answer,
                               rtmp::TimePoint called_at) {
  const std::uint64_t number = next_++;
  auto done = [this, number, answer = std::move(answer)](const BalancerReply& reply) {
    answered(number, answer, reply);
  };
  auto lookup =
      std::make_unique<client::BalancerLookup>(*scheduler_, *engine_, std::move(question), std::move(done));
  lookup->start(called_at);
  lookups_.emplace(number, std::move(lookup));
}

void BalancerClient::Core::answered(std::uint64_t number,
                                    const std::function<void(const BalancerReply&)>& answer,
                                    const BalancerReply& reply) {
  const auto ended = lookups_.extract(number);  // it is on the stack: it goes with this call
  const auto self = shared_from_this();         // the callback may destroy the handle
  if (!answer) return;
  try {
    gate_.run([&] { answer(reply); });
  } catch (...) {
    // The application's own affair; the Runtime's thread serves others, too.
  }
}

// What is queued already may still use the scheduler.
void BalancerClient::Core::end() {
  lookups_.clear();
  scheduler_->post([scheduler = scheduler_] {});
}

}  // namespace multiconn
