#pragma once

#include <memory>

#include "net/link.hpp"

namespace multiconn::net {

class AsioScheduler;

/// The engine for the target's scheme and wish, from one table. Where there is none, a Link whose open() ends
/// with unsupported_scheme and says what is missing.
std::unique_ptr<Link> makeLink(AsioScheduler& scheduler, LinkTarget target);

using LinkMaker = std::unique_ptr<Link> (*)(AsioScheduler& scheduler, LinkTarget target);
/// What makes links of LinkEngine::librtmp from now on; this library alone has none. Any thread.
void setLibrtmpEngine(LinkMaker maker);

}  // namespace multiconn::net
