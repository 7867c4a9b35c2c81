#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "publish/options.hpp"

namespace publish {

/// What a command line came to.
struct Parsed {
  std::optional<Options> options;
  int exit_code = -1;
  std::string out, errors;
};

inline Parsed parse(std::vector<std::string> arguments) {
  std::vector<const char*> argv{"multiconn-publish"};
  for (const auto& argument : arguments) argv.push_back(argument.c_str());
  std::ostringstream out, errors;
  auto result = parseOptions(static_cast<int>(argv.size()), argv.data(), out, errors);
  Parsed parsed{{}, -1, out.str(), errors.str()};
  if (const int* code = std::get_if<int>(&result)) {
    parsed.exit_code = *code;
  } else {
    parsed.options = std::get<Options>(std::move(result));
  }
  return parsed;
}

inline Options parsed(std::vector<std::string> arguments) {
  auto result = parse(std::move(arguments));
  EXPECT_TRUE(result.options) << result.errors;
  return result.options.value_or(Options{});
}

/// One line on `errors`, exit code 1, and nothing on `out`.
inline std::string errorOf(std::vector<std::string> arguments) {
  const auto result = parse(std::move(arguments));
  EXPECT_EQ(result.exit_code, ExitCode::bad_usage);
  EXPECT_EQ(result.out, "");
  EXPECT_EQ(std::count(result.errors.begin(), result.errors.end(), '\n'), 1) << result.errors;
  return result.errors;
}

}  // namespace publish
