#include "origin/default_application.hpp"

namespace multiconn::origin {
namespace {

class DefaultApplication final : public Application {
 public:
  DefaultApplication() {
    method("echo", [](const Client&, const Arguments& arguments) {
      return arguments.empty() ? AmfValue(nullptr) : arguments.front();
    });
  }
};

}  // namespace

std::unique_ptr<Application> makeDefaultApplication(const std::string&) {
  return std::make_unique<DefaultApplication>();
}

}  // namespace multiconn::origin
