#include "rtmp/handshake.hpp"

#include "fuzz/fuzz_input.hpp"

// Input: role and form, how it is split, then what the peer sends.
namespace {

using namespace multiconn::rtmp;

struct Outcome {
  Error error = Error::none;
  Bytes answer;
  std::size_t taken = 0;
  bool done = false;
};

Outcome run(std::uint8_t role, BytesView bytes, std::uint8_t split) {
  static const std::array<HandshakePacket, 2> random{};
  Handshake handshake(role & 1 ? Handshake::Role::server : Handshake::Role::client, random, 1,
                      role & 2 ? HandshakeForm::digest : HandshakeForm::simple);
  handshake.start();
  Outcome outcome;
  fuzz::Pieces pieces(bytes, split);
  while (!pieces.atEnd() && outcome.error == Error::none && !handshake.done()) {
    BytesView piece = pieces.next();
    const std::size_t before = piece.size();
    outcome.error = handshake.receive(piece, outcome.answer);
    outcome.taken += before - piece.size();
    fuzz::require(piece.empty() || handshake.done() || outcome.error != Error::none);
  }
  outcome.done = handshake.done();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  BytesView input = fuzz::inputOf(data, size);
  const std::uint8_t role = fuzz::choice(input);
  const std::uint8_t split = fuzz::choice(input);
  const Outcome whole = run(role, input, 0);
  const Outcome pieces = run(role, input, split);
  fuzz::require(whole.error == pieces.error && whole.answer == pieces.answer && whole.taken == pieces.taken);
  fuzz::require(whole.done == (whole.taken == 1 + 2 * handshake_packet_size));
  fuzz::require(whole.answer.size() <= 1 + 2 * handshake_packet_size);
  return 0;
}
