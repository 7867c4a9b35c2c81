#include "rtmp/chunk_reader.hpp"

#include "fuzz/fuzz_input.hpp"
#include "rtmp/chunk_writer.hpp"

// Input: how it is split, then a chunk stream. Splitting changes nothing, memory follows what came, and what
// was read is read again from what our writer makes of it.
namespace {

using namespace multiconn::rtmp;

struct Outcome {
  Error error = Error::none;
  std::vector<RawMessage> messages;
};

Outcome run(BytesView bytes, std::uint8_t split) {
  ChunkReader reader{Limits{}};
  Outcome outcome;
  fuzz::Pieces pieces(bytes, split);
  while (!pieces.atEnd() && outcome.error == Error::none)
    outcome.error = reader.read(pieces.next(), outcome.messages);
  return outcome;
}

bool same(const RawMessage& a, const RawMessage& b) {
  return a.type == b.type && a.timestamp == b.timestamp && a.stream_id == b.stream_id &&
         *a.payload == *b.payload;
}

bool same(const std::vector<RawMessage>& a, const std::vector<RawMessage>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const RawMessage& x, const RawMessage& y) { return same(x, y); });
}

void writeAndRead(const std::vector<RawMessage>& messages) {
  ChunkWriter writer;
  ChunkReader reader{Limits{}};
  ComposedMessage composed;
  std::vector<RawMessage> read;
  for (const RawMessage& raw : messages) {
    const auto chunk_stream = static_cast<std::uint8_t>(3 + raw.stream_id % 5);
    writer.compose(
        {static_cast<MessageType>(raw.type), chunk_stream, raw.timestamp, raw.stream_id, raw.payload},
        composed);
    read.clear();
    for (const BytesView slice : composed.slices()) fuzz::require(reader.read(slice, read) == Error::none);
    fuzz::require(read.size() == 1 && same(read.front(), raw));
    writer.setChunkSize(reader.chunkSize());  // it has just obeyed any Set Chunk Size among them
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesView input = fuzz::inputOf(data, size);
  const std::uint8_t split = fuzz::choice(input);
  const Outcome whole = run(input, 0);
  const Outcome pieces = run(input, split);
  fuzz::require(whole.error == pieces.error && same(whole.messages, pieces.messages));
  std::size_t total = 0;
  for (const RawMessage& raw : whole.messages) total += raw.payload->capacity();
  fuzz::require(total <= input.size());
  std::vector<RawMessage> good = whole.messages;
  if (whole.error == Error::chunk_size_invalid) good.pop_back();
  writeAndRead(good);
  return 0;
}
