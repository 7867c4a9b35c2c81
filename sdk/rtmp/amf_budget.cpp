#include "rtmp/amf_budget.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace multiconn::rtmp {

AmfBudget::AmfBudget(std::size_t body_size, const Limits& limits)
    : limits_(limits),
      memory_left_(limits.amf_memory_factor * body_size + limits.amf_memory_constant),
      values_left_(limits.amf_values) {}

void AmfBudget::chargeValue() {
  charge(sizeof(AmfValue));
  if (values_left_ == 0) return fail(Error::amf_too_many_values);
  --values_left_;
}

void AmfBudget::charge(std::size_t bytes) {
  if (bytes > memory_left_) return fail(Error::amf_too_large);
  memory_left_ -= bytes;
}

void AmfBudget::expect(std::size_t count, std::size_t size, const ByteReader& in) {
  if (!in.ok() || count > in.remaining() / size) fail(Error::amf_truncated);
  if (count > values_left_) fail(Error::amf_too_many_values);
  if (count > memory_left_ / sizeof(AmfValue)) fail(Error::amf_too_large);
}

void AmfBudget::enter(std::size_t depth) {
  if (depth >= limits_.amf_depth) fail(Error::amf_too_deep);
}

std::string AmfBudget::copy(std::string_view text) {
  charge(text.size());
  return failed() ? std::string() : std::string(text);
}

void AmfBudget::fail(Error error) {
  if (!failed()) error_ = error;
}

std::optional<std::size_t> AmfReferences::begin(std::size_t position) {
  if (!objects_.empty() && position <= objects_.back().begin) return {};
  objects_.push_back({.begin = position});
  return objects_.size() - 1;
}

std::optional<BytesView> AmfReferences::finished(std::size_t index, std::size_t position) const {
  const Object& object = objects_[index];
  if (object.end == 0 || object.end > position) return {};
  return body_.subspan(object.begin, object.end - object.begin);
}

// Sorting keeps a hostile object cheap.
void mergeDuplicates(AmfObject& object) {
  const std::vector<AmfProperty>& properties = object.properties();
  if (properties.size() < 2) return;
  std::vector<std::size_t> latest(properties.size());
  std::iota(latest.begin(), latest.end(), std::size_t{0});
  const auto name = [&](std::size_t i) -> std::string_view { return properties[i].name; };
  std::vector<std::size_t> order = latest;
  std::ranges::stable_sort(order, {}, name);
  std::vector<bool> repeats(properties.size());
  bool any = false;
  for (std::size_t i = 0; i < order.size();) {
    const std::size_t first = order[i];
    for (++i; i < order.size() && name(order[i]) == name(first); ++i) {
      latest[first] = order[i];
      repeats[order[i]] = any = true;
    }
  }
  if (!any) return;
  AmfObject merged;
  merged.kind(object.kind());
  merged.className(object.className());
  for (std::size_t i = 0; i < properties.size(); ++i) {
    if (!repeats[i]) merged.append(properties[i].name, properties[latest[i]].value);
  }
  object = std::move(merged);
}

}  // namespace multiconn::rtmp
