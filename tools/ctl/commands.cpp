#include "ctl/commands.hpp"

#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <exception>

#include "net/random.hpp"

namespace multiconn::ctl {
namespace {

constexpr timespec period{1, 0};

/// Of the terminal; 0: there is none.
std::size_t terminalWidth() {
  winsize size{};
  if (::isatty(STDOUT_FILENO) == 0) return 0;
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string view(const AdminClient& client, std::size_t width) {
  try {
    return table(client.servers(), width);
  } catch (const std::exception& error) {
    return std::string(error.what()) + "\n";
  }
}

}  // namespace

std::string randomKey() {
  constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::array<std::byte, 32> random{};
  net::fillRandom(random);
  std::string key;
  // 6 bits of each byte.
  for (const std::byte byte : random) key += alphabet[std::to_integer<unsigned>(byte) % 64];
  return key;
}

void watch(const AdminClient& client, const sigset_t& signals) {
  do {
    const std::size_t width = terminalWidth();
    const std::string text = view(client, width);
    // ECMA-48: cursor home, then erase what is below.
    std::fputs(width > 0 ? "\x1b[H\x1b[J" : "", stdout);
    std::fputs(text.c_str(), stdout);
    if (width == 0) std::fputs("\n", stdout);
    // Whoever read this has gone.
    if (std::fflush(stdout) != 0) return;
  } while (::sigtimedwait(&signals, nullptr, &period) < 0);
}

}  // namespace multiconn::ctl
