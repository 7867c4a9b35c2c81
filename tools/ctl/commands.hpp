#pragma once

#include <signal.h>

#include <string>

#include "ctl/admin_client.hpp"

namespace multiconn::ctl {

/// 192 random bits, in the alphabet of base64url (RFC 4648 5).
std::string randomKey();

/// Prints the servers each second until one of `signals`; a terminal shows the newest table alone, and as
/// wide as it is.
void watch(const AdminClient& client, const sigset_t& signals);

}  // namespace multiconn::ctl
