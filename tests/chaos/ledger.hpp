#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include <multiconn/frame.hpp>

#include "net/scheduler.hpp"
#include "rtmp/message.hpp"

namespace multiconn::chaos {

enum class Kind : std::uint8_t { video, audio };

/// One frame that the application has written. Numbers count from 0, for each kind, over all broadcasts.
struct Written {
  FrameKind kind{};
  std::size_t size = 0;
  std::uint32_t broadcast = 0;
  std::uint32_t timestamp = 0;    ///< that every server has to see
  std::uint32_t composition = 0;  ///< milliseconds
  net::TimePoint at{};
};

/// A frame as a server got it.
struct Seen {
  Kind kind{};
  bool config = false;
  std::uint32_t number = 0;  ///< of no config
  std::uint32_t timestamp = 0;
  net::TimePoint at{};
};

/// What was written, to compare with what came.
class Ledger {
 public:
  /// The frame of this number, to hand to the library.
  static EncodedFrame frame(Kind kind, std::uint32_t number, const Written& written,
                            std::chrono::microseconds dts);
  void add(Kind kind, Written written) { of(kind).push_back(written); }
  const std::vector<Written>& of(Kind kind) const { return kind == Kind::video ? video_ : audio_; }
  std::vector<Written>& of(Kind kind) { return kind == Kind::video ? video_ : audio_; }

  /// Nothing when a single byte of it is not what was written.
  std::optional<Seen> recognise(const rtmp::Message& message) const;

 private:
  std::optional<Seen> recogniseVideo(const rtmp::Message& message, rtmp::BytesView body) const;
  std::optional<Seen> recogniseAudio(const rtmp::Message& message, rtmp::BytesView body) const;

  std::vector<Written> video_, audio_;
};

}  // namespace multiconn::chaos
