#pragma once

#include <memory>

#include "client/engine.hpp"

namespace multiconn::client {

/// Real sockets and time: one io_context and one thread that runs it.
std::unique_ptr<Runtime::Engine> makeThreadEngine();

}  // namespace multiconn::client
