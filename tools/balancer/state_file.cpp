#include "balancer/state_file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <fstream>
#include <span>
#include <sstream>
#include <stdexcept>
#include <system_error>

namespace multiconn::balancer {
namespace {

constexpr std::string_view title = "multiconn-balancer state 1";
constexpr std::string_view paused_word = "paused ";
constexpr std::size_t max_file_bytes = 16 * 1024 * 1024;

std::string hex(std::span<const std::byte> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const std::byte b : bytes) {
    text += digits[std::to_integer<std::size_t>(b >> 4)];
    text += digits[std::to_integer<std::size_t>(b & std::byte{15})];
  }
  return text;
}

bool readHex(std::string_view text, std::span<std::byte> bytes) {
  if (text.size() != 2 * bytes.size()) return false;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    unsigned char value = 0;
    const char* const digits = text.data() + 2 * i;
    const auto [end, error] = std::from_chars(digits, digits + 2, value, 16);
    if (error != std::errc() || end != digits + 2) return false;
    bytes[i] = std::byte{value};
  }
  return true;
}

template <typename Number>
bool readNumber(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

/// Takes words and lines off the front.
std::string_view takeUntil(std::string_view& text, char end) {
  const std::size_t position = text.find(end);
  const std::string_view taken = text.substr(0, position);
  text.remove_prefix(position == std::string_view::npos ? text.size() : position + 1);
  return taken;
}

bool readMark(std::string_view line, balance::SenderMark& mark) {
  return readHex(takeUntil(line, ' '), mark.guid.bytes) &&
         readNumber(takeUntil(line, ' '), mark.boot.counter) && readHex(takeUntil(line, ' '), mark.boot.id) &&
         readNumber(line, mark.seq);
}

bool readEntry(std::string_view line, SavedState& state) {
  if (!line.starts_with(paused_word)) return readMark(line, state.marks.emplace_back());
  return readHex(line.substr(paused_word.size()), state.paused.emplace_back().bytes);
}

[[noreturn]] void fail(const std::filesystem::path& file, const char* what, int code) {
  throw std::runtime_error(std::string(what) + " the state file " + file.string() + ": " +
                           std::generic_category().message(code));
}

// Socket owns any descriptor.
using File = net::Socket;

void writeAll(const File& file, std::string_view text, const std::filesystem::path& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file.descriptor(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail(path, "cannot write", errno);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

}  // namespace

std::string toText(const SavedState& state) {
  std::string text =
      std::string(title) + "\nsaved " + std::to_string(state.saved_at.time_since_epoch().count()) + "\n";
  for (const balance::SenderMark& mark : state.marks) {
    text += hex(mark.guid.bytes) + " " + std::to_string(mark.boot.counter) + " " + hex(mark.boot.id) + " " +
            std::to_string(mark.seq) + "\n";
  }
  for (const balance::Guid& guid : state.paused) text += std::string(paused_word) + hex(guid.bytes) + "\n";
  return text + "end " + std::to_string(state.marks.size() + state.paused.size()) + "\n";
}

bool isStateFile(std::string_view text) {
  return takeUntil(text, '\n') == title;
}

std::variant<SavedState, std::string> parseState(std::string_view text) {
  if (!isStateFile(text)) return "it is no state file of this version";
  takeUntil(text, '\n');
  SavedState state;
  std::int64_t milliseconds = 0;
  if (takeUntil(text, ' ') != "saved" || !readNumber(takeUntil(text, '\n'), milliseconds)) {
    return "line 2 does not tell when it was saved";
  }
  state.saved_at = balance::WallTime(balance::milliseconds(milliseconds));
  for (std::size_t number = 3; !text.empty(); ++number) {
    std::string_view line = takeUntil(text, '\n');
    if (line.starts_with("end ")) {
      std::size_t count = 0;
      const std::size_t read = state.marks.size() + state.paused.size();
      if (!readNumber(line.substr(4), count) || count != read || !text.empty()) break;
      return state;
    }
    if (!readEntry(line, state)) {
      return "line " + std::to_string(number) + " is damaged";
    }
  }
  return "its end is missing or wrong";
}

std::optional<std::string> readStateFile(const std::filesystem::path& file) {
  const File input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input && errno == ENOENT) return {};
  if (!input) fail(file, "cannot read", errno);
  std::string text;
  std::array<char, 64 * 1024> buffer;
  while (text.size() <= max_file_bytes) {
    const ssize_t size = ::read(input.descriptor(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) fail(file, "cannot read", errno);
    if (size == 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(size));
  }
  return text;
}

void writeStateFile(const std::filesystem::path& file, const SavedState& state) {
  std::filesystem::path aside = file;
  aside += ".new";
  {
    const File output(::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
    if (!output) fail(file, "cannot write", errno);
    writeAll(output, toText(state), file);
    // A rename that reaches the disk before the text does would leave an empty file after a power cut.
    if (::fdatasync(output.descriptor()) != 0 && errno != EINVAL) fail(file, "cannot write", errno);
  }
  if (::rename(aside.c_str(), file.c_str()) != 0) fail(file, "cannot write", errno);
}

StateLock::StateLock(const std::filesystem::path& file) {
  std::filesystem::path beside = file;
  beside += ".lock";
  lock_ = File(::open(beside.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock_) fail(file, "cannot lock", errno);
  if (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) == 0) return;
  if (errno != EWOULDBLOCK) fail(file, "cannot lock", errno);
  throw std::runtime_error("the state file " + file.string() + " is in use by another balancer");
}

StateWriter::StateWriter(std::filesystem::path file) : file_(std::move(file)), thread_([this] { run(); }) {}

StateWriter::~StateWriter() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void StateWriter::write(SavedState state) {
  {
    const std::lock_guard lock(mutex_);
    next_ = std::move(state);
  }
  changed_.notify_one();
}

std::string StateWriter::failure() const {
  const std::lock_guard lock(mutex_);
  return failure_;
}

void StateWriter::run() {
  for (std::unique_lock lock(mutex_);;) {
    changed_.wait(lock, [this] { return ending_ || next_; });
    if (!next_) return;
    const SavedState state = std::move(*next_);
    next_.reset();
    lock.unlock();
    std::string failure;
    try {
      writeStateFile(file_, state);
    } catch (const std::exception& error) {
      failure = error.what();
    }
    lock.lock();
    failure_ = std::move(failure);
  }
}

}  // namespace multiconn::balancer
