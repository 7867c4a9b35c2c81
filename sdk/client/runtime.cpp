#include <multiconn/runtime.hpp>

#include "client/asio_engine.hpp"

namespace multiconn {

Runtime::Runtime() : Runtime(client::makeThreadEngine()) {}

Runtime::Runtime(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

Runtime::~Runtime() = default;

}  // namespace multiconn
