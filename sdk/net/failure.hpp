#pragma once

#include <string>
#include <system_error>

#include "net/link.hpp"

namespace multiconn::net {

/// A failure with its sentence; `final` follows from the code.
LinkFailure makeFailure(std::error_code code, std::string text);

/// One sentence for what the kernel says of a connection to `peer`: "connection refused by <peer>" and the
/// like.
std::string describe(std::error_code code, const std::string& peer);

}  // namespace multiconn::net
