#include "chaos/last_words.hpp"

#include <unistd.h>

#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <string_view>

// Of the sanitizers' runtime, where there is one.
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace multiconn::chaos {

namespace {

constexpr unsigned longest_seconds = 60;

// Read by signal handlers, and written before any is installed.
std::string command_text;
std::atomic<std::uint64_t> present_seed = 0;

void write(std::string_view text) {
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

void say() {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), present_seed.load()).ptr;
  write("\n  again: ");
  write(command_text);
  write({digits.data(), static_cast<std::size_t>(end - digits.data())});
  write("\n");
}

void sayAndDie(int signal) {
  say();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void sayThatItTakesLong(int) {
  write("A minute is over, and this still runs:");
  say();
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  ::sigaction(signal, &action, nullptr);
}

}  // namespace

void keepLastWords(std::string command) {
  command_text = std::move(command);
  handle(SIGALRM, sayThatItTakesLong);
  for (const int signal : {SIGABRT, SIGTERM}) handle(signal, sayAndDie);
  if (__sanitizer_set_death_callback) return __sanitizer_set_death_callback(say);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE}) handle(signal, sayAndDie);
}

void runsNow(std::uint64_t seed) {
  present_seed = seed;
  ::alarm(longest_seconds);
}

}  // namespace multiconn::chaos
