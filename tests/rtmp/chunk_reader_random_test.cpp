#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <random>

#include "rtmp/chunk_builder.hpp"
#include "rtmp/chunk_outcome.hpp"
#include "rtmp/chunk_reader.hpp"

namespace multiconn::rtmp {
namespace {

using test::basicHeader;
using test::chunkHeader;
using test::describe;
using test::message;
using test::Outcome;
using test::readInPieces;
using test::setChunkSize;

constexpr std::uint8_t audio = 8;
constexpr std::uint8_t video = 9;

// Cuts random messages into chunks in every way the specification allows, and remembers what they were.
class RandomSender {
 public:
  enum class Style { repeats, zeroes, omits };
  explicit RandomSender(std::uint32_t seed) : random_(seed), style_(static_cast<Style>(seed % 3)) {}

  Bytes send(std::size_t count) {
    const std::vector<std::uint32_t> ids{3, 4, 63, 64, 65, 319, 320, 5000, 65599};
    while (count > 0 || !active_.empty()) {
      const bool begin = count > 0 && active_.size() < 4 && (active_.empty() || below(3) == 0);
      if (begin) {
        const std::uint32_t id = ids[below(ids.size())];
        if (active_.contains(id)) continue;
        beginMessage(id);
        --count;
      } else if (below(20) == 0) {
        chunk_size_ = 4 + below(300);  // the next one fits into one chunk
        ByteWriter(bytes_).bytes(setChunkSize(chunk_size_));
        expected.push_back(message(1, 0, 0, Bytes(4)));
      } else {
        auto it = active_.begin();
        std::advance(it, below(active_.size()));
        continueMessage(it->first);
      }
    }
    return bytes_;
  }

  std::vector<RawMessage> expected;  // of Set Chunk Size the type alone

 private:
  struct State {
    std::uint32_t timestamp = 0, delta = 0, length = 0, stream_id = 0, extended = 0;
    std::uint8_t type = 0;
    bool known = false, has_extended = false;
  };
  struct Active {
    RawMessage message;
    std::size_t sent = 0;
  };

  std::uint32_t below(std::size_t limit) { return static_cast<std::uint32_t>(random_() % limit); }

  std::uint32_t someTime(std::uint32_t last) {
    switch (below(5)) {
      case 0:
        return last;
      case 1:
        return last + below(50);
      case 2:
        return 0xFFFFFF - 2 + below(5);
      case 3:
        return 0xFFFFFFFF - 2 + below(5);
      default:
        return static_cast<std::uint32_t>(random_());
    }
  }

  void beginMessage(std::uint32_t id) {
    State& state = states_[id];
    const std::uint32_t stream_id = below(3) == 0 ? below(1 << 30) : state.stream_id;
    const std::uint8_t type = below(2) == 0 ? video : state.type == 0 ? audio : state.type;
    const std::uint32_t length = below(2) == 0 ? below(900) : state.length;
    const std::uint32_t time = someTime(state.timestamp);
    const std::uint32_t delta = time - state.timestamp;
    unsigned best = 0;
    if (state.known && stream_id == state.stream_id) best = 1;
    if (best == 1 && type == state.type && length == state.length) best = 2;
    if (best == 2 && delta == state.delta && !(state.has_extended && style_ == Style::omits)) best = 3;
    const unsigned format = below(best + 1);
    const std::uint32_t value = format == 0 ? time : delta;
    if (format < 3) {
      state.has_extended = value >= 0xFFFFFF;
      state.extended = value;
    }
    state.timestamp = time;
    state.delta = value;
    state.length = length;
    state.stream_id = stream_id;
    state.type = type;
    state.known = true;
    ByteWriter(bytes_).bytes(chunkHeader(format, id, value, length, type, stream_id));
    if (format == 3) repeatedField(state);
    Bytes payload(length);
    for (std::byte& b : payload) b = static_cast<std::byte>(1 + below(255));
    active_[id] = {message(type, time, stream_id, std::move(payload)), 0};
    payloadChunk(id);
  }

  void continueMessage(std::uint32_t id) {
    ByteWriter(bytes_).bytes(basicHeader(3, id));
    repeatedField(states_[id]);
    payloadChunk(id);
  }

  void repeatedField(const State& state) {
    if (!state.has_extended || style_ == Style::omits) return;
    ByteWriter(bytes_).u32(style_ == Style::repeats ? state.extended : 0);
  }

  void payloadChunk(std::uint32_t id) {
    Active& active = active_[id];
    const BytesView payload(*active.message.payload);
    const std::size_t part = std::min<std::size_t>(chunk_size_, payload.size() - active.sent);
    ByteWriter(bytes_).bytes(payload.subspan(active.sent, part));
    active.sent += part;
    if (active.sent < payload.size()) return;
    expected.push_back(active.message);
    active_.erase(id);
  }

  std::mt19937 random_;
  Style style_;
  std::map<std::uint32_t, State> states_;
  std::map<std::uint32_t, Active> active_;
  Bytes bytes_;
  std::uint32_t chunk_size_ = 128;
};

TEST(ChunkReader, readsWhateverALegalSenderWrites) {
  for (std::uint32_t seed = 0; seed < 60; ++seed) {
    RandomSender sender(seed);
    const Bytes bytes = sender.send(60);
    for (const std::size_t piece : {std::size_t{1}, std::size_t{1 + seed % 200}, bytes.size()}) {
      const Outcome outcome = readInPieces(bytes, piece);
      ASSERT_EQ(outcome.error, Error::none) << "seed " << seed;
      ASSERT_EQ(outcome.messages.size(), sender.expected.size()) << "seed " << seed;
      for (std::size_t i = 0; i < outcome.messages.size(); ++i) {
        if (sender.expected[i].type == 1) {
          ASSERT_EQ(outcome.messages[i].type, 1);
        } else {
          ASSERT_EQ(describe(outcome.messages[i]), describe(sender.expected[i]))
              << "seed " << seed << " #" << i;
        }
      }
    }
  }
}

}  // namespace
}  // namespace multiconn::rtmp
