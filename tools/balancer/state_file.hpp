#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "balance/sealed_datagram.hpp"
#include "net/socket.hpp"

namespace multiconn::balancer {

/// What outlives a restart of the balancer: `marks` keep a report from being accepted twice, and edges that
/// are paused here stay it.
struct SavedState {
  balance::WallTime saved_at{};
  std::vector<balance::SenderMark> marks;
  std::vector<balance::Guid> paused;
};

/// As text: a line with version and time, one line a sender, one a paused edge, and a last one with the
/// number of both, so that a file that was cut is recognised.
std::string toText(const SavedState& state);
/// Whether it begins as one: what does not is somebody else's file.
bool isStateFile(std::string_view text);
/// Otherwise one sentence about what is wrong.
std::variant<SavedState, std::string> parseState(std::string_view text);

/// Nothing: there is no such file yet. Throws std::runtime_error with one sentence when it cannot be read;
/// what it holds may still be wrong, see parseState().
std::optional<std::string> readStateFile(const std::filesystem::path& file);

/// Written aside, then renamed. Throws std::runtime_error with one sentence.
void writeStateFile(const std::filesystem::path& file, const SavedState& state);

/// Keeps other balancers off a state file while it lives, by a lock on FILE.lock, which stays: the file
/// itself is another one after each write.
class StateLock {
 public:
  /// Throws std::runtime_error with one sentence, also when another balancer has it.
  explicit StateLock(const std::filesystem::path& file);

 private:
  net::Socket lock_;
};

/// Writes on a thread of its own, since the strand must not wait for a disk; only the newest state that was
/// handed over matters.
class StateWriter {
 public:
  explicit StateWriter(std::filesystem::path file);
  /// Writes what was handed over last.
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;
  StateWriter& operator=(const StateWriter&) = delete;

  void write(SavedState state);
  /// The sentence of the last attempt; "" when it went well.
  std::string failure() const;

 private:
  void run();

  std::filesystem::path file_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<SavedState> next_;
  std::string failure_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace multiconn::balancer
