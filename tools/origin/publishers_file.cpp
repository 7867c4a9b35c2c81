#include "publishers_file.hpp"

#include <fstream>
#include <stdexcept>

namespace multiconn::tools {

std::map<std::string, std::string> readPublishers(const std::string& file) {
  std::ifstream input(file);
  if (!input) throw std::runtime_error("cannot read " + file);
  std::map<std::string, std::string> publishers;
  std::size_t number = 0;
  for (std::string line; std::getline(input, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    const std::size_t colon = line.find(':');
    // What a client could not send in its query.
    const bool fit = colon != std::string::npos && colon > 0 && colon + 1 < line.size() &&
                     line.find_first_of("&?= ") >= colon;
    if (!fit)
      throw std::runtime_error(file + ", line " + std::to_string(number) + ": this is not user:password");
    publishers[line.substr(0, colon)] = line.substr(colon + 1);
  }
  if (input.bad()) throw std::runtime_error("cannot read " + file);
  if (publishers.empty()) throw std::runtime_error(file + " names no user");
  return publishers;
}

}  // namespace multiconn::tools
