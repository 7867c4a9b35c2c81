#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include <multiconn/amf_value.hpp>
#include <multiconn/frame.hpp>

#include "client/resume_ring.hpp"
#include "client/timeline.hpp"
#include "rtmp/error.hpp"
#include "rtmp/frame_normalizer.hpp"
#include "rtmp/outbound_queue.hpp"

namespace multiconn::client {

/// Frames in, messages for every server out, each built once. Pure: the owner has the clock and the servers.
/// The first frames are held until every expected track has delivered one, because the smallest of their
/// times is the beginning. Messages are numbered from 1 on, and the newest are kept for servers that were
/// away.
class Broadcast {
 public:
  /// Takes each message in the order in which it has to go out; its stream id is still to be set.
  using Emit = std::function<void(const rtmp::QueuedMessage&)>;
  explicit Broadcast(Emit emit, Timestamps timestamps = Timestamps::from_zero,
                     ResumeRing::Bounds kept = ResumeRing::Bounds());

  /// The tracks that the beginning waits for.
  void expect(Track track, bool expected);
  rtmp::Error write(Track track, const EncodedFrame& frame, rtmp::TimePoint now);
  /// Frames wait for a track that may never come: release() has to be called before long.
  bool holding() const;
  /// Begins without the tracks that have not delivered. Where there is no frame at all, what data waits for
  /// one does so no longer.
  void release(rtmp::TimePoint now);
  /// From now on another source delivers the track; its time goes on behind what was sent.
  void changeSource(Track track);
  /// onMetaData; the codecs are added to it. Goes out at once when media has, else in front of it.
  void metadata(AmfObject properties, rtmp::TimePoint now);

  /// A data message in order with the frames. "@setDataFrame" and "@clearDataFrame" are remembered in heads.
  /// With Timestamps::epoch those before the first frame wait for it, and have its time. An error when it
  /// cannot be encoded or is longer than servers take, or too much waits.
  rtmp::Error data(std::vector<AmfValue> values, rtmp::TimePoint now);
  /// No frame has come for this long, and time is to go on behind it. For tracks whose source has changed.
  void skip(std::chrono::milliseconds idle);

  /// What was emitted last; a message is in it before it is emitted.
  ResumeRing& ring() { return ring_; }
  const ResumeRing& ring() const { return ring_; }
  /// Of the newest frame, from the beginning on.
  std::chrono::milliseconds time() const { return timeline_.time(); }
  /// The timestamp that the beginning has.
  std::uint32_t origin() const { return timeline_.origin(); }

 private:
  struct Input {
    rtmp::FrameNormalizer normalizer;
    std::optional<Codec> codec;
    std::optional<std::chrono::microseconds> first_dts;  // of the frames being held
    bool expected = false;
  };
  struct Held {
    Track track{};
    EncodedFrame frame;
    std::optional<rtmp::OutMessage> data = {};  // instead of a frame
  };
  Input& of(Track track) { return inputs_[static_cast<std::size_t>(track)]; }

  void accept(Track track, EncodedFrame frame, rtmp::TimePoint now);
  void hold(Track track, EncodedFrame frame, rtmp::TimePoint now);
  void forgetHeld(Track track);
  void sendHeldData(rtmp::TimePoint now);
  bool complete() const;
  void send(Track track, const EncodedFrame& frame, rtmp::TimePoint now);
  void noteCodec(Track track, Codec codec);
  void sendData(rtmp::OutMessage message, rtmp::TimePoint now);
  void sendMetadata(rtmp::TimePoint now);
  rtmp::Error rememberData(const std::vector<AmfValue>& values, const rtmp::OutMessage& message);
  void emit(rtmp::QueuedMessage message);

  Emit emit_;
  Timeline timeline_;
  ResumeRing ring_;
  std::array<Input, 2> inputs_;
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
  AmfObject metadata_;
  bool metadata_sent_ = false;
  bool media_sent_ = false;
  std::vector<EncodedFrame> normalized_;  // kept for its capacity
};

}  // namespace multiconn::client
