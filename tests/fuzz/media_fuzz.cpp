// An FLV file: the reader in two pieces, every tag body, and the normalizer over what they carry.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "rtmp/flv.hpp"
#include "rtmp/frame_normalizer.hpp"
#include "rtmp/media_body.hpp"

using namespace multiconn;
using namespace multiconn::rtmp;

namespace {

struct Track {
  FrameNormalizer normalizer;
  std::vector<EncodedFrame> out;
};

void require(bool condition) {
  if (!condition) std::abort();
}

// What we build from a frame must parse to the same frame.
void requireRoundTrip(const EncodedFrame& frame, std::int32_t composition_ms) {
  const Bytes body = buildMediaBody({frame.codec, frame.kind, composition_ms, *frame.data});
  MediaBody parsed;
  const Error error = isVideo(frame.codec) ? parseVideoBody(body, parsed) : parseAudioBody(body, parsed);
  require(error == Error::none && parsed.codec == frame.codec);
  require(parsed.payload.size() == frame.data->size());
  require((parsed.packet == MediaBody::Packet::config) == (frame.kind == FrameKind::config));
}

void normalize(const MediaBody& body, Track& track) {
  const bool config = body.packet == MediaBody::Packet::config;
  if (!body.codec || (!config && body.packet != MediaBody::Packet::frames)) return;
  const FrameKind kind = config ? FrameKind::config : body.kind;
  const Payload data = makePayload({body.payload.begin(), body.payload.end()});
  track.out.clear();
  if (track.normalizer.normalize({data, *body.codec, kind, {}, {}}, track.out) != Error::none) return;
  for (const EncodedFrame& frame : track.out) requireRoundTrip(frame, body.composition_ms);
}

void readTags(FlvReader& reader, Track& audio, Track& video) {
  while (const auto tag = reader.next()) {
    MediaBody body;
    if (parseAudioBody(tag->body, body) == Error::none) normalize(body, audio);
    if (parseVideoBody(tag->body, body) == Error::none) normalize(body, video);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BytesView file = std::as_bytes(std::span(data, size));
  FlvReader reader{Limits{}};
  Track audio, video;
  reader.append(file.first(size / 2));
  readTags(reader, audio, video);
  reader.append(file.subspan(size / 2));
  readTags(reader, audio, video);
  return 0;
}
