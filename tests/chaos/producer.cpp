#include "chaos/producer.hpp"

#include "support/media_frames.hpp"

namespace multiconn::chaos {

namespace {

using namespace std::chrono_literals;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// Half a millisecond goes up.
milliseconds rounded(microseconds time) {
  return std::chrono::floor<milliseconds>(time + 500us);
}

}  // namespace

bool Producer::write(NetStream& stream, net::TimePoint now) {
  if (!first_dts_) {
    first_dts_ = dts_;
    if (plan_.has_video) stream.writeVideo(test::videoConfig());
    if (plan_.has_audio) stream.writeAudio(test::audioConfig());
    ++broadcast_;
    since_key_ = 0;
  }
  bool taken = true;
  if (plan_.has_video) taken = write(stream, Kind::video, dts_, now);
  if (plan_.has_audio) taken = write(stream, Kind::audio, dts_ + (plan_.has_video ? 5ms : 0ms), now) && taken;
  dts_ += plan_.interval;
  if (plan_.interval == ntsc_interval && ++thirds_ % 3 != 0) dts_ += 1us;
  return taken;
}

bool Producer::write(NetStream& stream, Kind kind, microseconds dts, net::TimePoint now) {
  Written written;
  written.broadcast = broadcast_;
  written.at = now;
  written.size = random_.number(16, kind == Kind::video ? plan_.largest : 300);
  written.timestamp = timestamp(dts);
  written.kind = FrameKind::key;
  if (kind == Kind::video) {
    written.kind = nextPicture();
    written.composition = random_.chance(20) ? 40 : 0;
  }
  const auto number = static_cast<std::uint32_t>(ledger_.of(kind).size());
  const EncodedFrame frame = Ledger::frame(kind, number, written, dts);
  const std::vector<Written>& before = ledger_.of(kind);
  if (!before.empty() && before.back().broadcast == broadcast_ && before.back().timestamp > written.timestamp)
    ++wrapped_;
  ledger_.add(kind, written);
  bytes_ += written.size;
  payloads_.saw(frame.data);
  return kind == Kind::video ? stream.writeVideo(frame) : stream.writeAudio(frame);
}

std::uint32_t Producer::timestamp(microseconds dts) const {
  const bool epoch = plan_.options.timestamps == Timestamps::epoch;
  const milliseconds origin = epoch ? 0ms : rounded(*first_dts_);
  return static_cast<std::uint32_t>((rounded(dts) - origin).count());
}

FrameKind Producer::nextPicture() {
  if (since_key_++ % plan_.gop == 0) return FrameKind::key;
  return plan_.disposable && random_.chance(40) ? FrameKind::disposable : FrameKind::inter;
}

}  // namespace multiconn::chaos
