#pragma once

#include <map>
#include <string>

#include <multiconn/application.hpp>

namespace multiconn {

/// What the base class keeps for its instance.
struct Application::Impl {
  std::map<std::string, DeferredMethod, std::less<>> methods;
  origin::ApplicationInstance* instance = nullptr;  ///< from onAppStart() to onAppStop()
};

}  // namespace multiconn
