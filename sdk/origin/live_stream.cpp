#include "origin/live_stream.hpp"

#include <algorithm>

#include "origin/live_play.hpp"

namespace multiconn::origin {
namespace {

// Handlers other than onMetaData whose data is kept for those who join later; each is at most one message
// long.
constexpr std::size_t max_data_frames = 8;

}  // namespace

bool LiveStream::publish(Publication& publisher) {
  if (publisher_ != nullptr) return false;
  publisher_ = &publisher;
  for (LivePlay* play : plays_) play->publisherCame();
  return true;
}

void LiveStream::unpublish() {
  publisher_ = nullptr;
  cache_.clear();
  data_frames_.clear();
  for (LivePlay* play : plays_) play->publisherLeft();
}

void LiveStream::relay(RelayMessage& message) {
  if (message.media && message.media->video) {
    cache_.video(message.out.message, *message.media);
  } else if (message.media) {
    cache_.audio(message.out.message, *message.media);
  }
  for (LivePlay* play : plays_) play->deliver(message.out);
}

void LiveStream::relay(RelayData& data) {
  if (data.action == RelayData::Action::erase) return erase(data.name);
  if (data.action == RelayData::Action::store || data.name == "onMetaData") store(data);
  for (LivePlay* play : plays_) play->deliver(data.message.out);
}

void LiveStream::leave(LivePlay& play) {
  std::erase(plays_, &play);
}

void LiveStream::replay(const std::function<void(rtmp::QueuedMessage)>& each) const {
  for (const auto& [name, message] : data_frames_) {
    rtmp::QueuedMessage frame;
    frame.message = message;
    each(std::move(frame));
  }
  cache_.replay(each);
}

void LiveStream::store(const RelayData& data) {
  if (data.name == "onMetaData") return cache_.metadata(data.message.out.message);
  if (data_frames_.size() < max_data_frames || data_frames_.contains(data.name)) {
    data_frames_[data.name] = data.message.out.message;
  }
}

void LiveStream::erase(const std::string& name) {
  if (name == "onMetaData") cache_.clearMetadata();
  data_frames_.erase(name);
}

}  // namespace multiconn::origin
