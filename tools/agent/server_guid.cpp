#include "agent/server_guid.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>

#include "net/random.hpp"

namespace multiconn::agent {
namespace {

namespace fs = std::filesystem;
using Descriptor = net::Socket;

[[noreturn]] void fail(const std::string& what, const fs::path& file) {
  throw std::runtime_error(what + " " + file.string() + ": " + std::system_category().message(errno));
}

fs::path folderOf(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path(".");
}

fs::path bootFile(const fs::path& file) {
  return fs::path(file).concat(".boot");
}

void syncFolder(const fs::path& file) {
  const Descriptor folder(::open(folderOf(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!folder || ::fsync(folder.descriptor()) != 0) fail("cannot write the folder of", file);
}

/// A complete file beside `file`, whose name is returned.
fs::path writeAside(const fs::path& file, const std::string& text) {
  std::string name = file.string() + ".XXXXXX";
  const Descriptor aside(::mkostemp(name.data(), O_CLOEXEC));
  if (!aside) fail("cannot make a file beside", file);
  const auto written = ::write(aside.descriptor(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()) || ::fchmod(aside.descriptor(), 0644) != 0 ||
      ::fsync(aside.descriptor()) != 0) {
    ::unlink(name.c_str());
    fail("cannot write", file);
  }
  return name;
}

void replace(const fs::path& file, const std::string& text) {
  const fs::path aside = writeAside(file, text);
  if (::rename(aside.c_str(), file.c_str()) != 0) fail("cannot write", file);
  syncFolder(file);
}

/// The first line; nothing when there is no such file.
std::optional<std::string> firstLine(const fs::path& file) {
  const Descriptor input(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!input && errno == ENOENT) return {};
  if (!input) fail("cannot read", file);
  std::array<char, 128> text{};
  const auto size = ::read(input.descriptor(), text.data(), text.size());
  if (size < 0) fail("cannot read", file);
  std::string line(text.data(), static_cast<std::size_t>(size));
  line.resize(line.find_last_not_of(" \r\n\t") + 1);
  return line;
}

balance::Guid randomGuid() {
  balance::Guid guid;
  net::fillRandom(guid.bytes);
  // RFC 9562 5.4: a random UUID, version 4.
  guid.bytes[6] = (guid.bytes[6] & std::byte{0x0F}) | std::byte{0x40};
  guid.bytes[8] = (guid.bytes[8] & std::byte{0x3F}) | std::byte{0x80};
  return guid;
}

void makeGuid(const fs::path& file) {
  const fs::path aside = writeAside(file, randomGuid().text() + "\n");
  // Unlike rename(), it leaves alone what another agent has made meanwhile.
  const bool made = ::link(aside.c_str(), file.c_str()) == 0 || errno == EEXIST;
  const int error = errno;
  ::unlink(aside.c_str());
  errno = error;
  if (!made) fail("cannot make", file);
  syncFolder(file);
}

bool isStill(const Descriptor& opened, const fs::path& file) {
  struct stat held {
  }, found{};
  return ::fstat(opened.descriptor(), &held) == 0 && ::stat(file.c_str(), &found) == 0 &&
         held.st_dev == found.st_dev && held.st_ino == found.st_ino;
}

Descriptor lock(const fs::path& file) {
  Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (!opened) fail("cannot read", file);
  const bool locked = ::flock(opened.descriptor(), LOCK_EX | LOCK_NB) == 0;
  if (!locked && errno != EWOULDBLOCK) fail("cannot lock", file);
  // A file that was replaced meanwhile is another agent's.
  if (!locked || !isStill(opened, file))
    throw std::runtime_error(file.string() +
                             " is in use by another agent: each needs a --guid-file of its own");
  return opened;
}

std::optional<balance::Guid> parseGuid(const std::string& text) {
  if (text.size() != 36) return {};
  balance::Guid guid;
  std::size_t index = 0;
  for (std::size_t at = 0; at < text.size(); at += 2) {
    if (at == 8 || at == 13 || at == 18 || at == 23) {
      if (text[at++] != '-') return {};
    }
    unsigned value = 0;
    const char* const end = text.data() + at + 2;
    const auto [stop, error] = std::from_chars(text.data() + at, end, value, 16);
    if (error != std::errc() || stop != end) return {};
    guid.bytes[index++] = static_cast<std::byte>(value);
  }
  return guid;
}

/// docs/wire-balancer.md: a sender that has lost its boot counter takes a new GUID.
void replaceIfCounterIsLost(const fs::path& file, const std::function<void(const std::string&)>& warn) {
  if (fs::exists(bootFile(file))) return;
  const Descriptor held = lock(file);
  const auto old = parseGuid(firstLine(file).value_or(""));
  if (!old || fs::exists(bootFile(file))) return;
  const balance::Guid made = randomGuid();
  replace(file, made.text() + "\n");
  warn(bootFile(file).string() + " is gone, so that balancers would refuse what comes under the name " +
       old->text() + ": this server is now " + made.text());
}

std::uint64_t raiseCounter(const fs::path& file) {
  std::uint64_t counter = 0;
  if (const auto line = firstLine(file)) {
    const auto [stop, error] = std::from_chars(line->data(), line->data() + line->size(), counter);
    if (error != std::errc() || stop != line->data() + line->size())
      throw std::runtime_error(file.string() + " holds no number: remove it together with the GUID file");
  }
  replace(file, std::to_string(++counter) + "\n");
  return counter;
}

}  // namespace

ServerGuid::ServerGuid(const fs::path& file, const std::function<void(const std::string&)>& warn) {
  if (fs::exists(file)) {
    replaceIfCounterIsLost(file, warn);
  } else {
    makeGuid(file);
  }
  lock_ = lock(file);
  const auto guid = parseGuid(firstLine(file).value_or(""));
  if (!guid)
    throw std::runtime_error(file.string() + " holds no GUID (8-4-4-4-12 hexadecimal digits): remove it, " +
                             "and a new one is made");
  guid_ = *guid;
  boot_.counter = raiseCounter(bootFile(file));
  net::fillRandom(boot_.id);
}

}  // namespace multiconn::agent
