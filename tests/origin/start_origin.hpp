#pragma once

#include <string>
#include <utility>
#include <vector>

#include "support/program_run.hpp"

namespace multiconn::test {

/// multiconn-origin as a process. `file_size`: ProgramRun's.
inline ProgramRun startOrigin(std::vector<std::string> arguments, std::size_t file_size = 0) {
  arguments.insert(arguments.begin(), MULTICONN_ORIGIN);
  return ProgramRun(std::move(arguments), ".", {}, file_size);
}

}  // namespace multiconn::test
