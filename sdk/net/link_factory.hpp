#pragma once

#include <memory>

#include "net/link.hpp"

namespace multiconn::net {

class AsioScheduler;

/// The engine for the target's scheme, from one table. A scheme without an engine gives a Link whose open()
/// ends with unsupported_scheme.
std::unique_ptr<Link> makeLink(AsioScheduler& scheduler, LinkTarget target);

}  // namespace multiconn::net
