#include "program/text_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace multiconn::tools {
namespace {

class Descriptor {
 public:
  explicit Descriptor(const std::filesystem::path& file)
      : number_(::open(file.c_str(), O_RDONLY | O_CLOEXEC)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  int number() const { return number_; }

 private:
  int number_;
};

}  // namespace

std::string readTextFile(const std::filesystem::path& file, std::size_t max_bytes) {
  const auto fail = [&file](const std::string& why) {
    throw std::runtime_error("cannot read " + file.string() + ": " + why);
  };
  const Descriptor descriptor(file);
  if (descriptor.number() < 0) fail(std::generic_category().message(errno));
  std::string text;
  std::array<char, 16 * 1024> block;
  for (;;) {
    const ssize_t count = ::read(descriptor.number(), block.data(), block.size());
    if (count == 0) return text;
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail(std::generic_category().message(errno));
    text.append(block.data(), static_cast<std::size_t>(count));
    if (text.size() > max_bytes) fail("it has more than " + std::to_string(max_bytes) + " bytes");
  }
}

}  // namespace multiconn::tools
