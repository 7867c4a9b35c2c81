#pragma once

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include <multiconn/status.hpp>

// What the samples have in common: their command lines, and how they say what is wrong.
namespace sample {

/// Ends the program over a wrong command line: one line, exit code 1.
[[noreturn]] inline void refuse(const std::string& usage) {
  std::cerr << usage << std::endl;
  std::exit(1);
}

/// The words behind the program's name. --help prints `usage` and ends the program. Fewer words than `least`
/// are refused, and so is an option; `option` is allowed as the first word.
inline std::vector<std::string> commandLine(int argc, char** argv, const std::string& usage,
                                            std::size_t least, const std::string& option = "--help") {
  std::vector<std::string> words(argv + 1, argv + argc);
  for (const std::string& word : words) {
    if (word != "--help") continue;
    std::cout << usage << std::endl;
    std::exit(0);
  }
  for (const std::string& word : words) {
    const bool allowed = word == option && &word == &words.front();
    if (word.starts_with('-') && !allowed) refuse(usage);
  }
  if (words.size() < least) refuse(usage);
  return words;
}

/// A line for each server that did not connect: which, and why.
inline void printErrors(const std::string& program, const multiconn::SetupOutcome& outcome) {
  for (const multiconn::ServerOutcome& server : outcome.servers)
    if (!server.error.empty())
      std::cerr << program << ": " << server.url << ": " << server.error << std::endl;
}

/// A line for a status that is a warning or an error. One that concerns all servers has no url.
inline void printTrouble(const multiconn::Status& at) {
  if (at.level == "status") return;
  if (!at.url.empty()) std::cerr << at.url << ' ';
  std::cerr << at.code << ": " << at.description << std::endl;
}

}  // namespace sample
