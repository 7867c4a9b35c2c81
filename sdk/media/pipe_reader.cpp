#include "media/pipe_reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <system_error>

namespace multiconn::media {
namespace {

constexpr int buffer_size = 64 * 1024;

// The descriptor "-" and "pipe:N" stand for.
std::optional<int> inheritedDescriptor(const std::string& url) {
  constexpr std::string_view prefix = "pipe:";
  if (url == "-" || url == prefix) return STDIN_FILENO;
  if (!url.starts_with(prefix)) return std::nullopt;
  int number = -1;
  const char* end = url.data() + url.size();
  const auto [stopped_at, error] = std::from_chars(url.data() + prefix.size(), end, number);
  if (error != std::errc() || stopped_at != end || number < 0) return std::nullopt;
  return number;
}

bool namesFifo(const std::string& path) {
  struct stat status {};
  return stat(path.c_str(), &status) == 0 && S_ISFIFO(status.st_mode);
}

}  // namespace

std::unique_ptr<PipeReader> PipeReader::open(const std::string& url, std::shared_ptr<StopSignal> stop) {
  if (const std::optional<int> descriptor = inheritedDescriptor(url))
    return std::unique_ptr<PipeReader>(new PipeReader(*descriptor, false, std::move(stop)));
  if (!namesFifo(url)) return nullptr;
  const int descriptor = ::open(url.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category());
  return std::unique_ptr<PipeReader>(new PipeReader(descriptor, true, std::move(stop)));
}

PipeReader::PipeReader(int descriptor, bool owned, std::shared_ptr<StopSignal> stop)
    : descriptor_(descriptor), owned_(owned), stop_(std::move(stop)) {
  const auto readPacket = [](void* self, std::uint8_t* buffer, int size) {
    return static_cast<const PipeReader*>(self)->read(buffer, size);
  };
  auto* buffer = static_cast<unsigned char*>(av_malloc(buffer_size));
  context_ = avio_alloc_context(buffer, buffer_size, 0, this, readPacket, nullptr, nullptr);
  if (context_ == nullptr) av_free(buffer);
}

PipeReader::~PipeReader() {
  if (context_ != nullptr) {
    av_freep(&context_->buffer);
    avio_context_free(&context_);
  }
  if (owned_) ::close(descriptor_);
}

int PipeReader::read(std::uint8_t* buffer, int size) const {
  while (!stop_->isSet()) {
    pollfd descriptors[] = {{descriptor_, POLLIN, 0}, {stop_->descriptor(), POLLIN, 0}};
    if (poll(descriptors, 2, -1) < 0 && errno != EINTR) return AVERROR(errno);
    if (descriptors[0].revents == 0) continue;
    const ssize_t count = ::read(descriptor_, buffer, static_cast<std::size_t>(size));
    if (count > 0) return static_cast<int>(count);
    if (count == 0) return AVERROR_EOF;
    if (errno != EINTR && errno != EAGAIN) return AVERROR(errno);
  }
  return AVERROR_EXIT;
}

}  // namespace multiconn::media
