#include "balance/connect_rewriter.hpp"

#include "fuzz/fuzz_input.hpp"
#include "rtmp/chunk_reader.hpp"

// Input: how it is split, then a client's chunk stream. The edge reads the messages that the client wrote,
// but for connect; how the stream is split changes nothing.
namespace {

using namespace multiconn;
using namespace multiconn::rtmp;

struct Outcome {
  Error error = Error::none;
  Bytes out;
};

Outcome run(BytesView bytes, std::uint8_t split) {
  balance::ConnectRewriter rewriter("live", "rtmp://edge/live");
  Outcome outcome;
  fuzz::Pieces pieces(bytes, split);
  while (!pieces.atEnd() && outcome.error == Error::none)
    outcome.error = rewriter.pass(pieces.next(), outcome.out);
  return outcome;
}

std::vector<RawMessage> readBy(BytesView bytes, Error& error) {
  std::vector<RawMessage> messages;
  error = ChunkReader(Limits{}).read(bytes, messages);
  return messages;
}

bool isCommand(const RawMessage& raw) {
  return raw.type == static_cast<std::uint8_t>(MessageType::command_amf0) ||
         raw.type == static_cast<std::uint8_t>(MessageType::command_amf3);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesView input = fuzz::inputOf(data, size);
  const std::uint8_t split = fuzz::choice(input);
  const Outcome whole = run(input, 0);
  const Outcome pieces = run(input, split);
  fuzz::require(whole.error == pieces.error && whole.out == pieces.out);
  fuzz::require(whole.out.size() <= 2 * input.size() + 4096);

  Error written_error = Error::none, read_error = Error::none;
  const auto written = readBy(input, written_error);
  const auto read = readBy(whole.out, read_error);
  if (written_error != Error::none || whole.error != Error::none) return 0;
  fuzz::require(read_error == Error::none && read.size() <= written.size());
  bool connect_seen = false;
  for (std::size_t i = 0; i < read.size(); ++i) {
    fuzz::require(read[i].type == written[i].type && read[i].stream_id == written[i].stream_id);
    const bool connect = !connect_seen && isCommand(read[i]);
    connect_seen = connect_seen || connect;
    if (!connect) fuzz::require(*read[i].payload == *written[i].payload);
  }
  return 0;
}
