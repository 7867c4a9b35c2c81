// A healthy server and one that is away now and then, over thousands of random broadcasts: what the second
// one gets is what the first one got, from a place where decoding can begin.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "client/catch_up.hpp"
#include "client/resume_ring.hpp"

namespace multiconn::client {
namespace {

using namespace std::chrono_literals;
using Class = rtmp::QueuedMessage::Class;

/// A broadcast at its own pace: its frames, records, metadata and timestamps are random.
class RandomBroadcast {
 public:
  explicit RandomBroadcast(std::mt19937& random) : random_(random) {
    const int kinds = pick(0, 5);
    has_video_ = kinds != 0;
    has_audio_ = kinds != 1;
    gop_ = pick(0, 2) == 0 ? 1 : pick(1, 300);
    base_ = pick(0, 3) == 0 ? 0xFFFFFFFFU - static_cast<std::uint32_t>(pick(0, 20'000)) : 0U;
    largest_ = static_cast<std::size_t>(pick(100, 3000));
  }
  int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(random_); }

  /// The next messages, 40 ms of them.
  std::vector<rtmp::QueuedMessage> step() {
    std::vector<rtmp::QueuedMessage> list;
    const auto timestamp = base_ + 40 * step_;
    if (step_ == 0 || pick(0, 200) == 0) list.push_back(make(rtmp::MessageType::data_amf0, Class::control));
    if (has_video_) {
      const bool key = step_ % static_cast<std::uint32_t>(gop_) == 0;
      if (step_ == 0 || (key && pick(0, 3) == 0)) list.push_back(record(rtmp::MessageType::video));
      list.push_back(make(rtmp::MessageType::video, Class::video));
      list.back().frame = key ? FrameKind::key : pick(0, 2) == 0 ? FrameKind::disposable : FrameKind::inter;
    }
    for (int i = 0; has_audio_ && i < 2; ++i) {
      if ((step_ == 0 && i == 0) || pick(0, 300) == 0) list.push_back(record(rtmp::MessageType::audio));
      list.push_back(make(rtmp::MessageType::audio, Class::audio));
    }
    for (rtmp::QueuedMessage& each : list) each.message.timestamp = timestamp;
    ++step_;
    return list;
  }

 private:
  rtmp::QueuedMessage make(rtmp::MessageType type, Class kind) {
    rtmp::QueuedMessage message;
    message.message.type = type;
    message.message.payload =
        rtmp::makePayload(rtmp::Bytes(static_cast<std::size_t>(pick(1, static_cast<int>(largest_)))));
    message.kind = kind;
    return message;
  }
  rtmp::QueuedMessage record(rtmp::MessageType type) { return make(type, Class::config); }

  std::mt19937& random_;
  bool has_video_ = true, has_audio_ = true;
  int gop_ = 25;
  std::uint32_t base_ = 0, step_ = 0;
  std::size_t largest_ = 100;
};

/// Takes so many bytes in each step, and has got what it took a few steps ago.
class Server final : public CatchUpSink {
 public:
  explicit Server(std::size_t room) : room_(room) {}
  bool room(std::size_t) const override { return queued_ < room_; }
  void send(const rtmp::QueuedMessage& message) override {
    queued_ += message.message.payload->size();
    got.push_back(message);
  }
  void drain() { queued_ -= std::min(queued_, room_); }
  void connect() {
    got.clear();
    queued_ = 0;
  }
  std::vector<rtmp::QueuedMessage> got;  // of the present publish

 private:
  std::size_t room_, queued_ = 0;
};

class Model {
 public:
  explicit Model(unsigned seed)
      : random_(seed),
        broadcast_(random_),
        bounds_{static_cast<std::size_t>(pick(0, 3) == 0 ? pick(1000, 60'000) : 32 * 1024 * 1024),
                std::chrono::milliseconds(pick(200, 9000))},
        ring_(bounds_),
        server_(pick(0, 4) == 0 ? 20'000 : 10'000'000),
        lossless_(pick(0, 4) == 0) {}

  void run() {
    int left = pick(1, 400);
    for (int step = 0; step < 500; ++step, now_ += 40ms) {
      if (--left == 0) {
        left = pick(0, 1) == 0 ? pick(1, 60) : pick(1, 400);
        there_ ? lose() : comeBack();
      }
      emit();
      go();
      if (testing::Test::HasFatalFailure()) return;
    }
    end();
  }

 private:
  int pick(int low, int high) { return broadcast_.pick(low, high); }

  void emit() {
    for (rtmp::QueuedMessage& message : broadcast_.step()) {
      message.number = ring_.next();
      message.queued_at = now_;
      ring_.push(message);
      all_.push_back(message);
      rtmp::Payload& record = newest_records_[message.message.type];
      if (message.kind == Class::config) record = message.message.payload;
      needed_.push_back(record);
      if (message.kind == Class::control) ring_.metadata(message.message);
      if (there_ && !catch_up_) server_.send(message);
      if (catch_up_ && catch_up_->follow(ring_, message, server_)) arrive();
    }
  }

  void go() {
    server_.drain();
    for (int i = 0; i < 4 && catch_up_; ++i)
      if (catch_up_->advance(ring_, now_ + i * 10ms, !lossless_, server_)) arrive();
    ring_.keepFrom(lossless_ && catch_up_ ? std::optional(catch_up_->next()) : std::nullopt);
  }

  void arrive() {
    missed_ += catch_up_->missed();
    wanted_ = catch_up_->settled();
    catch_up_.reset();
  }

  void comeBack() {
    there_ = true;
    server_.connect();
    const bool kept = ring_.groupOf(wanted_.first) != nullptr;
    catch_up_ = CatchUp::from(ring_, wanted_);
    if (kept) {
      EXPECT_EQ(catch_up_->missed().total(), 0U) << "an outage within the ring costs nothing";
      EXPECT_LE(catch_up_->next(), wanted_.first);
    } else if (ring_.newestGroup()) {
      EXPECT_EQ(catch_up_->next(), ring_.newestGroup()->first);
    }
  }

  // What it was sent last it may not have got.
  void lose() {
    there_ = false;
    check();
    if (catch_up_) arrive();
    std::size_t unknown = static_cast<std::size_t>(pick(0, 20));
    std::uint64_t unconfirmed = 1;
    for (std::size_t i = server_.got.size(); i-- > 0;) {
      const std::uint64_t number = server_.got[i].number;
      if (number == 0) continue;
      unconfirmed = number + 1;
      if (unknown-- == 0) break;
      unconfirmed = number;
    }
    const std::uint64_t first = std::max(unconfirmed, wanted_.first);
    for (const auto& message : server_.got)
      if (message.number != 0 && message.number < first && isFrame(message))
        confirmed_.insert(message.number);
    if (first > wanted_.first) wanted_ = {first, ring_.framesBefore(first)};
  }

  static bool isFrame(const rtmp::QueuedMessage& message) {
    return message.kind == Class::video || message.kind == Class::audio;
  }

  // Everything is equal to what a healthy server got, in order; decodable from its first picture on, with the
  // records that it was made with, and behind every gap anew.
  void check() {
    records_.clear();
    times_.clear();
    std::uint64_t last = 0;
    bool decodable = false;
    for (const rtmp::QueuedMessage& message : server_.got) {
      checkTime(message);
      if (message.kind == Class::config) records_[message.message.type] = message.message.payload;
      if (message.number == 0) continue;
      ASSERT_GT(message.number, last);
      if (message.number != last + 1) decodable = false;
      last = message.number;
      if (message.kind == Class::video) {
        decodable = decodable || message.frame == FrameKind::key;
        ASSERT_TRUE(decodable) << message.number;
      }
      checkContent(message);
    }
  }
  void checkTime(const rtmp::QueuedMessage& message) {
    const auto [at, first] = times_.try_emplace(message.message.type, message.message.timestamp);
    ASSERT_GE(static_cast<std::int32_t>(message.message.timestamp - at->second), 0) << "backwards";
    at->second = message.message.timestamp;
  }
  void checkContent(const rtmp::QueuedMessage& message) {
    const rtmp::OutMessage& original = all_[message.number - 1].message;
    ASSERT_EQ(message.message.payload, original.payload);
    ASSERT_EQ(message.message.timestamp, original.timestamp);
    if (!isFrame(message)) return;
    ASSERT_EQ(records_[original.type], needed_[message.number - 1]) << "the wrong record";
  }
  void end() {
    std::uint64_t frames = 0;
    for (const auto& message : all_) frames += isFrame(message) ? 1U : 0U;
    if (there_) {
      check();
      for (const auto& message : server_.got)
        if (message.number != 0 && isFrame(message)) confirmed_.insert(message.number);
    }
    if (catch_up_)
      missed_ += catch_up_->missedUntil(ring_, ring_.next());
    else if (!there_)
      missed_ += ring_.framesBefore(ring_.next()) - wanted_.before;
    EXPECT_EQ(confirmed_.size() + missed_.total(), frames);
  }

  std::mt19937 random_;
  RandomBroadcast broadcast_;
  ResumeRing::Bounds bounds_;
  ResumeRing ring_;
  Server server_;
  bool lossless_;
  rtmp::TimePoint now_{};
  bool there_ = true;
  std::vector<rtmp::QueuedMessage> all_;
  std::map<rtmp::MessageType, rtmp::Payload> newest_records_;
  std::vector<rtmp::Payload> needed_;  // the record that each message was made with
  std::map<rtmp::MessageType, rtmp::Payload> records_;
  std::map<rtmp::MessageType, std::uint32_t> times_;
  std::set<std::uint64_t> confirmed_;
  CatchUp::Wanted wanted_;
  std::optional<CatchUp> catch_up_;
  rtmp::DropCounts missed_;
};

TEST(ResumeModel, WhoeverComesBackGetsWhatTheOthersGot) {
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Model(seed).run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace multiconn::client
