#pragma once

#include <CLI/CLI.hpp>
#include <functional>

namespace multiconn::bench {

/// What a subcommand has to do; it returns the exit code.
using Action = std::function<int()>;

// Each adds subcommands, which fill their options and leave in `action` what to run.
void addFanout(CLI::App& app, Action& action);
void addSetup(CLI::App& app, Action& action);
void addSharedObject(CLI::App& app, Action& action);
void addFailover(CLI::App& app, Action& action);
void addIsolation(CLI::App& app, Action& action);
void addPlayers(CLI::App& app, Action& action);
void addBalance(CLI::App& app, Action& action);
void addLookup(CLI::App& app, Action& action);
void addRelay(CLI::App& app, Action& action);
void addCompare(CLI::App& app, Action& action);
/// The processes that the measurements start; hidden from --help by an empty group.
void addHelpers(CLI::App& app, Action& action);

}  // namespace multiconn::bench
