#include "media/timeline.hpp"

#include <algorithm>

namespace multiconn::media {
namespace {

// As the ffmpeg program takes a larger difference for another time base instead of a gap.
constexpr std::chrono::seconds jump_threshold{10};

Microseconds nominalDuration(const AVStream& stream) {
  const AVCodecParameters& parameters = *stream.codecpar;
  if (parameters.codec_type == AVMEDIA_TYPE_VIDEO) {
    const AVRational rate = stream.avg_frame_rate.num > 0 ? stream.avg_frame_rate : stream.r_frame_rate;
    return toMicroseconds(1, rate.num > 0 && rate.den > 0 ? av_inv_q(rate) : AVRational{1, 25});
  }
  const int samples = parameters.frame_size > 0 ? parameters.frame_size : 1024;
  return toMicroseconds(samples, {1, std::max(parameters.sample_rate, 8000)});
}

}  // namespace

TrackTimeline::TrackTimeline(const AVStream& stream)
    : time_base_(stream.time_base),
      wrap_bits_(stream.pts_wrap_bits),
      video_(stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO),
      reorder_delay_(stream.codecpar->video_delay),
      nominal_duration_(nominalDuration(stream)),
      picture_order_(*stream.codecpar) {}

TrackTimeline::Times TrackTimeline::next(const AVPacket& packet, TimeShift& shift) {
  const Microseconds source = decodeTime(packet);
  const Microseconds delay = presentationDelay(packet, source);
  Microseconds dts = source + shift.current;
  const Microseconds jumped = jump(dts, shift);
  shift.current -= jumped;
  dts -= jumped;
  Microseconds pts = dts + delay;
  if (last_ && dts < *last_) {
    dts = *last_;
    pts = std::max(pts, dts);
  }
  last_step_ = last_ ? dts - *last_ : Microseconds(0);
  last_ = dts;
  if (!first_) first_ = dts;
  last_duration_ = frameDuration(packet);
  last_duration_ticks_ = packet.duration > 0 ? packet.duration : ticks(last_duration_);
  return {dts, pts};
}

Microseconds TrackTimeline::length() const {
  if (!first_) return Microseconds(0);
  return *last_ - *first_ + std::max(last_duration_, Microseconds(std::chrono::milliseconds(1)));
}

// The value nearest to the reference among those the container's few bits stand for.
std::int64_t TrackTimeline::unwrapped(std::int64_t ticks, std::int64_t reference) const {
  if (wrap_bits_ <= 0 || wrap_bits_ >= 63) return ticks;
  const std::int64_t period = std::int64_t{1} << wrap_bits_;
  const std::int64_t half = period / 2;
  const std::int64_t distance = reference - ticks;
  const std::int64_t periods = distance >= 0 ? (distance + half) / period : -((half - distance) / period);
  return ticks + periods * period;
}

Microseconds TrackTimeline::decodeTime(const AVPacket& packet) {
  if (packet.dts != AV_NOPTS_VALUE)
    last_ticks_ = unwrapped(packet.dts, last_ticks_.value_or(packet.dts));
  else if (packet.pts != AV_NOPTS_VALUE && reorder_delay_ == 0)
    last_ticks_ = unwrapped(packet.pts, last_ticks_.value_or(packet.pts));
  else if (last_ticks_)
    *last_ticks_ += last_duration_ticks_;
  else
    last_ticks_ = packet.pts == AV_NOPTS_VALUE ? 0 : packet.pts - reorder_delay_ * ticks(nominal_duration_);
  return toMicroseconds(*last_ticks_, time_base_);
}

std::int64_t TrackTimeline::ticks(Microseconds time) const {
  return av_rescale_q(time.count(), AVRational{1, AV_TIME_BASE}, time_base_);
}

Microseconds TrackTimeline::presentationDelay(const AVPacket& packet, Microseconds dts) {
  if (!video_) return Microseconds(0);
  if (packet.pts == AV_NOPTS_VALUE) return picture_order_.delay(packet, dts, frameDuration(packet));
  return toMicroseconds(unwrapped(packet.pts, last_ticks_.value_or(packet.pts)), time_base_) - dts;
}

Microseconds TrackTimeline::frameDuration(const AVPacket& packet) const {
  if (packet.duration > 0) return toMicroseconds(packet.duration, time_base_);
  return last_step_ > Microseconds(0) ? last_step_ : nominal_duration_;
}

Microseconds TrackTimeline::jump(Microseconds dts, const TimeShift& shift) const {
  if (!last_ || shift.keep_jumps) return Microseconds(0);
  const Microseconds difference = dts - (*last_ + last_duration_);
  const bool back = difference < -jump_threshold;
  const bool forward = shift.may_jump && difference > jump_threshold;
  return back || forward ? difference : Microseconds(0);
}

}  // namespace multiconn::media
