#include "origin/server_door.hpp"

#include <utility>

namespace multiconn::origin {

void ServerDoor::post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (scheduler_) scheduler_->post(std::move(task));
}

void ServerDoor::enter(std::function<void()> task) {
  if (inside()) {
    task();
  } else {
    post(std::move(task));
  }
}

void ServerDoor::close() {
  const std::lock_guard lock(mutex_);
  scheduler_ = nullptr;
  owner_ = std::thread::id{};
}

}  // namespace multiconn::origin
