#include "figures.hpp"

#include <boost/json.hpp>
#include <cmath>
#include <cstdio>
#include <iostream>

namespace multiconn::bench {
namespace {

std::string number(double value) {
  if (std::isnan(value)) return "none";
  char text[32];
  const double size = std::abs(value);
  std::snprintf(text, sizeof text, size >= 1000 || value == std::floor(value) ? "%.0f" : "%.3g", value);
  return text;
}

}  // namespace

bool Figure::held() const {
  if (!gate) return true;
  return gate->at_least ? value >= gate->bound : value <= gate->bound;
}

std::string tableRow(const Figure& figure) {
  std::string bound;
  if (figure.gate) bound = (figure.gate->at_least ? ">= " : "<= ") + number(figure.gate->bound);
  const char* const verdict = !figure.gate ? "" : figure.held() ? "ok" : "MISSED";
  char text[256];
  std::snprintf(text, sizeof text, "%-34s %-38s %10s %-8s %-10s %s", figure.measurement.c_str(),
                figure.name.c_str(), number(figure.value).c_str(), figure.unit.c_str(), bound.c_str(),
                verdict);
  std::string row = text;
  row.erase(row.find_last_not_of(' ') + 1);
  return row;
}

std::string jsonRow(const Figure& figure) {
  boost::json::object row{{"measurement", figure.measurement}, {"figure", figure.name}};
  row["value"] = std::isfinite(figure.value) ? boost::json::value(figure.value) : nullptr;
  row["unit"] = figure.unit;
  if (figure.gate) {
    row["gate"] = figure.gate->bound;
    row["gate_is"] = figure.gate->at_least ? "least" : "most";
    row["ok"] = figure.held();
  }
  return boost::json::serialize(row);
}

Figures::Figures(bool json) : json_(json) {
  if (!json_) std::printf("%-34s %-38s %10s %-8s %-10s\n", "measurement", "figure", "value", "unit", "gate");
}

void Figures::add(const Figure& figure) {
  all_held_ = all_held_ && figure.held();
  std::cout << (json_ ? jsonRow(figure) : tableRow(figure)) << std::endl;
}

void Figures::note(const std::string& text) const {
  if (json_)
    std::cout << boost::json::object{{"note", text}} << std::endl;
  else
    std::cout << "(" << text << ")" << std::endl;
}

}  // namespace multiconn::bench
