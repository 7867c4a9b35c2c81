// Stands in for libFuzzer in ordinary builds: every file of the corpus folders given, and prefixes of each
// (of small files all).
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <system_error>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

// Beyond this many bytes prefixes are taken in steps, so that a large file costs no more than this many runs.
constexpr std::size_t max_prefixes = 1024;

std::vector<std::uint8_t> contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void runPrefix(const std::vector<std::uint8_t>& bytes, std::size_t size) {
  // A block of exactly this size, so that AddressSanitizer sees the first byte read beyond it.
  const auto exact = std::make_unique<std::uint8_t[]>(size);
  std::copy_n(bytes.begin(), size, exact.get());
  LLVMFuzzerTestOneInput(exact.get(), size);
}

void runFile(const std::filesystem::path& path) {
  const std::vector<std::uint8_t> bytes = contents(path);
  const std::size_t step = bytes.size() / max_prefixes + 1;
  for (std::size_t size = 0; size < bytes.size(); size += step) runPrefix(bytes, size);
  runPrefix(bytes, bytes.size());
}

/// How many files there were.
std::size_t runFolder(const char* folder, std::error_code& error) {
  std::size_t files = 0;
  std::filesystem::directory_iterator entry(folder, error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::printf("%s\n", entry->path().c_str());
    std::fflush(stdout);
    runFile(entry->path());
    ++files;
  }
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t files = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code error;
    files += runFolder(argv[i], error);
    if (!error) continue;
    std::fprintf(stderr, "%s: %s; give the folders of the seed files\n", argv[i], error.message().c_str());
    return 1;
  }
  if (files == 0) std::fprintf(stderr, "no corpus: give the folders of the seed files\n");
  return files == 0 ? 1 : 0;
}
