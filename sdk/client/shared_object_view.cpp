#include "client/shared_object_view.hpp"

namespace multiconn::client {

std::optional<AmfValue> SharedObjectView::get(std::string_view slot) const {
  const std::lock_guard lock(mutex_);
  if (const auto local = local_.find(slot); local != local_.end()) return local->second.value;
  const auto found = published_.find(slot);
  return found == published_.end() ? std::nullopt : std::optional(found->second);
}

AmfObject SharedObjectView::data() const {
  const std::lock_guard lock(mutex_);
  AmfObject data;
  for (const auto& [slot, value] : published_)
    if (!local_.contains(slot)) data.append(slot, value);
  for (const auto& [slot, local] : local_)
    if (local.value) data.append(slot, *local.value);
  return data;
}

std::vector<SharedObjectServer> SharedObjectView::servers() const {
  const std::lock_guard lock(mutex_);
  return servers_;
}

SharedObjectView::Ticket SharedObjectView::assign(const std::string& slot, rtmp::SlotValue value) {
  const std::lock_guard lock(mutex_);
  if (!closed_) local_[slot] = {std::move(value), next_ticket_};
  return next_ticket_++;
}

SharedObjectView::Ticket SharedObjectView::clear() {
  const std::lock_guard lock(mutex_);
  if (closed_) return next_ticket_++;
  for (const auto& [slot, value] : published_) local_[slot];
  for (auto& [slot, local] : local_) local = {{}, next_ticket_};
  return next_ticket_++;
}

void SharedObjectView::close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
}

void SharedObjectView::publish(const std::string& slot, const rtmp::SlotValue& value) {
  const std::lock_guard lock(mutex_);
  if (value) {
    published_.insert_or_assign(slot, *value);
  } else {
    published_.erase(slot);
  }
}

void SharedObjectView::publish(std::vector<SharedObjectServer> servers) {
  const std::lock_guard lock(mutex_);
  servers_ = std::move(servers);
}

void SharedObjectView::settled(Ticket ticket) {
  const std::lock_guard lock(mutex_);
  std::erase_if(local_, [ticket](const auto& entry) { return entry.second.ticket == ticket; });
}

void SharedObjectView::dropUnsettled() {
  const std::lock_guard lock(mutex_);
  local_.clear();
}

}  // namespace multiconn::client
