#pragma once

#include <memory>
#include <string>

#include <multiconn/application.hpp>

namespace multiconn::origin {

/// The application that a server has built in: everybody may publish, play and use shared objects, and the
/// method `echo` returns its first argument.
std::unique_ptr<Application> makeDefaultApplication(const std::string& scope);

}  // namespace multiconn::origin
