#include "packet_reader.hpp"

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/md5.h>
}

#include <array>
#include <memory>
#include <stdexcept>

#include "rtmp/adts.hpp"
#include "rtmp/av1_config.hpp"
#include "rtmp/avc_config.hpp"
#include "rtmp/nal_units.hpp"

namespace multiconn::bench {
namespace {

using rtmp::Bytes;
using rtmp::BytesView;

BytesView view(const std::uint8_t* data, std::size_t size) {
  return std::as_bytes(std::span(data, size));
}

std::string md5(BytesView bytes) {
  std::array<std::uint8_t, 16> digest{};
  const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
  av_md5_sum(digest.data(), data, bytes.size());
  std::string text;
  for (const std::uint8_t byte : digest)
    for (const int shift : {4, 0}) text += "0123456789abcdef"[byte >> shift & 0xF];
  return text;
}

struct Closer {
  void operator()(AVFormatContext* context) const { avformat_close_input(&context); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
};

/// One stream being read.
class StreamReader {
 public:
  StreamReader(const AVStream& stream, NalLengths lengths) : stream_(stream), lengths_(lengths) {
    const AVCodecParameters& parameters = *stream.codecpar;
    track_.video = parameters.codec_type == AVMEDIA_TYPE_VIDEO;
    track_.codec = avcodec_get_name(parameters.codec_id);
    noteConfig(view(parameters.extradata, static_cast<std::size_t>(parameters.extradata_size)));
  }

  void add(const AVPacket& packet) {
    std::size_t size = 0;
    const std::uint8_t* config = av_packet_get_side_data(&packet, AV_PKT_DATA_NEW_EXTRADATA, &size);
    if (config != nullptr) noteConfig(view(config, size));
    const Bytes payload = normalized(view(packet.data, static_cast<std::size_t>(packet.size)));
    track_.packets.push_back({time(packet.dts), time(packet.pts), payload.size(), md5(payload)});
  }
  Track take() { return std::move(track_); }

 private:
  bool hasNalUnits() const {
    return stream_.codecpar->codec_id == AV_CODEC_ID_H264 || stream_.codecpar->codec_id == AV_CODEC_ID_HEVC;
  }

  // Without a record the stream is Annex B.
  void noteConfig(BytesView config) {
    if (hasNalUnits() && !config.empty())
      length_size_ = rtmp::nalLengthSize(config, stream_.codecpar->codec_id == AV_CODEC_ID_HEVC);
  }

  std::optional<Microseconds> time(std::int64_t ticks) const {
    if (ticks == AV_NOPTS_VALUE) return std::nullopt;
    return Microseconds(av_rescale_q(ticks, stream_.time_base, AVRational{1, AV_TIME_BASE}));
  }

  Bytes normalized(BytesView payload) const {
    if (hasNalUnits()) return normalizedNalUnits(payload);
    if (stream_.codecpar->codec_id == AV_CODEC_ID_AV1) return rtmp::withoutTemporalDelimiters(payload);
    if (stream_.codecpar->codec_id == AV_CODEC_ID_AAC) {
      Bytes raw;
      if (const auto frames = rtmp::splitAdts(payload)) {
        for (const rtmp::AdtsFrame& frame : *frames)
          raw.insert(raw.end(), frame.raw.begin(), frame.raw.end());
        return raw;
      }
    }
    return {payload.begin(), payload.end()};
  }

  Bytes normalizedNalUnits(BytesView payload) const {
    if (!length_size_) return rtmp::joinLengthPrefixed(rtmp::splitAnnexB(payload));
    const bool kept = lengths_ == NalLengths::as_given || *length_size_ == 4;
    const auto units = kept ? std::nullopt : rtmp::splitLengthPrefixed(payload, *length_size_);
    return units ? rtmp::joinLengthPrefixed(*units) : Bytes(payload.begin(), payload.end());
  }

  const AVStream& stream_;
  NalLengths lengths_;
  std::optional<unsigned> length_size_;
  Track track_;
};

void check(int result, const std::string& url) {
  if (result >= 0) return;
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(result, text.data(), text.size());
  throw std::runtime_error(url + " cannot be read: " + text.data());
}

}  // namespace

std::vector<Track> readMedia(const std::string& url, NalLengths lengths) {
  av_log_set_level(AV_LOG_FATAL);
  AVFormatContext* opened = nullptr;
  check(avformat_open_input(&opened, url.c_str(), nullptr, nullptr), url);
  const std::unique_ptr<AVFormatContext, Closer> context(opened);
  check(avformat_find_stream_info(context.get(), nullptr), url);

  struct Selected {
    int index;
    StreamReader reader;
  };
  std::vector<Selected> selected;
  for (const AVMediaType type : {AVMEDIA_TYPE_VIDEO, AVMEDIA_TYPE_AUDIO}) {
    const int related = selected.empty() ? -1 : selected.front().index;
    const int best = av_find_best_stream(context.get(), type, -1, related, nullptr, 0);
    if (best < 0 || (context->streams[best]->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0) continue;
    selected.push_back({best, StreamReader(*context->streams[best], lengths)});
  }

  const std::unique_ptr<AVPacket, Closer> packet(av_packet_alloc());
  int result = 0;
  while ((result = av_read_frame(context.get(), packet.get())) >= 0) {
    for (Selected& each : selected)
      if (each.index == packet->stream_index && packet->size > 0) each.reader.add(*packet);
    av_packet_unref(packet.get());
  }
  if (result != AVERROR_EOF) check(result, url);
  std::vector<Track> tracks;
  for (Selected& each : selected) tracks.push_back(each.reader.take());
  return tracks;
}

}  // namespace multiconn::bench
