#include "client/callback_gate.hpp"

namespace multiconn::client {

/// Keeps the gate occupied while a callback runs, also when it throws.
class CallbackGate::Pass {
 public:
  explicit Pass(CallbackGate& gate) : gate_(gate) {
    const std::lock_guard lock(gate_.mutex_);
    entered_ = !gate_.closed_;
    if (entered_) gate_.running_ = std::this_thread::get_id();
  }
  ~Pass() {
    if (!entered_) return;
    const std::lock_guard lock(gate_.mutex_);
    gate_.running_ = {};
    gate_.idle_.notify_all();
  }
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;
  bool entered() const { return entered_; }

 private:
  CallbackGate& gate_;
  bool entered_ = false;
};

void CallbackGate::run(const std::function<void()>& callback) {
  const Pass pass(*this);
  if (pass.entered()) callback();
}

void CallbackGate::close() {
  std::unique_lock lock(mutex_);
  closed_ = true;
  const auto self = std::this_thread::get_id();
  idle_.wait(lock, [&] { return running_ == std::thread::id{} || running_ == self; });
}

}  // namespace multiconn::client
