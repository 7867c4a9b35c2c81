#include "client/source_feed.hpp"

#include <atomic>

#include "client/client_core.hpp"

namespace multiconn::client {

namespace {

/// What a source writes to. May outlive the stream and the MultiConnection.
class FeedSink final : public FrameSink {
 public:
  FeedSink(Track track, FeedId id, std::weak_ptr<ClientCore> core)
      : track_(track), id_(id), core_(std::move(core)) {}

  bool write(EncodedFrame frame) override {
    const auto core = core_.lock();
    return core && core->write(track_, std::move(frame), id_);
  }
  bool full() const override {
    const auto core = core_.lock();
    return core && core->intake().full();
  }
  void ended(std::string error) override {
    if (const auto core = core_.lock()) core->sourceEnded(id_, std::move(error));
  }

 private:
  Track track_;
  FeedId id_;
  std::weak_ptr<ClientCore> core_;
};

}  // namespace

SourceFeed::~SourceFeed() {
  stop();
}

void SourceFeed::attach(std::shared_ptr<MediaSource> source) {
  stop();
  source_ = std::move(source);
  ended_ = failed_ = false;
}

void SourceFeed::start(FeedId id) {
  if (!active() || running_) return;
  id_ = id;
  running_ = true;
  if (failed_) return fail();
  try {
    source_->start(std::make_shared<FeedSink>(track_, id, core_));
  } catch (...) {
    fail();
  }
}

void SourceFeed::stop() {
  if (!running_) return;
  running_ = false;
  ended_ = failed_ = false;
  try {
    source_->stop();
  } catch (...) {
    // Whatever it still delivers is not wanted: its id is not this feed's any more.
    return;
  }
}

void SourceFeed::resume() {
  if (!running_ || ended_ || failed_) return;
  try {
    source_->resume();
  } catch (...) {
    fail();
  }
}

bool SourceFeed::waits() const {
  if (!active() || failed_) return false;
  try {
    return !source_->live();
  } catch (...) {
    fail();
    return false;
  }
}

AmfObject SourceFeed::properties() const {
  if (!source_ || failed_) return {};
  try {
    return source_->properties();
  } catch (...) {
    fail();
    return {};
  }
}

void SourceFeed::ended() {
  ended_ = true;
}

// Before it is started nobody could be told.
void SourceFeed::fail() const {
  failed_ = true;
  const auto core = core_.lock();
  if (running_ && core) core->sourceEnded(id_, "the source threw an exception");
}

}  // namespace multiconn::client
