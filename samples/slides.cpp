// This sample shows how to:
// 1. set up one shared object on several servers
// 2. let a presenter set a slot, and viewers at any of the servers follow it
// 3. leave in good order
//
// A presenter gives all masters, a viewer one of them (with an origin of this project on port 1935):
//   slides present rtmp://one.example/training rtmp://two.example/training
//   slides view rtmp://two.example/training
#include <chrono>
#include <cstdlib>
#include <future>
#include <iostream>
#include <limits>
#include <multiconn/multiconn.hpp>
#include <string>
#include <vector>

namespace {

using namespace multiconn;

void present(SharedObject& slides) {
  // The list comes with every message of a server: first when the object has been joined there.
  const auto joined = std::make_shared<std::promise<void>>();
  slides.onSync([joined, first = true](std::span<const Change>) mutable {
    if (std::exchange(first, false)) joined->set_value();
  });
  joined->get_future().wait_for(std::chrono::seconds(5));
  std::cout << "Type a slide's number and Enter; an empty line ends the show." << std::endl;
  for (std::string line; std::getline(std::cin, line) && !line.empty();) {
    char* end = nullptr;
    const long number = std::strtol(line.c_str(), &end, 10);
    if (*end == '\0' && number > 0)
      slides.set("slide", number);
    else
      std::cerr << "slides: \"" << line << "\" is no slide's number" << std::endl;
  }
}

// A change list that says nothing of the slide, or comes again from another server, changes nothing here.
void follow(SharedObject& slides) {
  slides.onSync([slides, shown = 0.0](std::span<const Change>) mutable {
    const auto slide = slides.get("slide");
    const double* number = slide ? slide->number() : nullptr;
    if (!number || *number == shown) return;
    shown = *number;
    std::cout << "slide " << shown << std::endl;
  });
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());  // until the end of the input
}

}  // namespace

int main(int argc, char** argv) {
  const std::string role = argc > 1 ? argv[1] : "";
  if (argc < 3 || (role != "present" && role != "view")) {
    std::cerr << "usage: slides present|view rtmp://HOST/APP..." << std::endl;
    return 1;
  }
  Runtime runtime;
  MultiConnection connection(runtime);
  connection.onStatus([](const Status& at) {
    if (at.level != "status") std::cerr << at.url << ' ' << at.code << ": " << at.description << std::endl;
  });
  SharedObject slides = connection.sharedObjectSetup("slides");
  std::vector<Destination> masters;
  for (int i = 2; i < argc; ++i) masters.push_back({.url = argv[i]});

  std::promise<bool> connected;
  connection.connect(masters, [&](const SetupOutcome& outcome) { connected.set_value(outcome.success); });
  if (!connected.get_future().get()) return 2;
  if (role == "present")
    present(slides);
  else
    follow(slides);

  slides.flush();
  std::promise<void> closed;
  connection.ncClose([&] { closed.set_value(); });
  closed.get_future().wait();
}
