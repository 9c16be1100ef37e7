// What a plan leaves out, and where its temporaries lie.
#include <stdlib.h>

#include "plan.h"

namespace lemanic {
namespace {

constexpr size_t kAlign = 64;

// Steps that lead to an output, backwards.
void mark_wanted(Plan& plan) {
  bool* needed = static_cast<bool*>(calloc(static_cast<size_t>(plan.values) + 1, sizeof(bool)));
  if (!needed) {
    for (int32_t s = 0; s < plan.steps; ++s) plan.step[s].wanted = true;
    return;
  }
  for (int32_t v = 0; v < plan.values; ++v) needed[v] = plan.value[v].kind == kOutput;
  for (int32_t s = plan.steps - 1; s >= 0; --s) {
    Step& step = plan.step[s];
    const int32_t* values = plan.operand_value + step.operand;
    step.wanted = step.outputs == 0;  // it is there for what it writes into its inputs
    for (int32_t i = 0; i < step.outputs; ++i) step.wanted |= needed[values[step.inputs + i]];
    if (!step.wanted) continue;
    for (int32_t i = 0; i < step.inputs; ++i) needed[values[i]] = true;
  }
  free(needed);
}

// Lifetimes of temporaries, then a place for each: largest first, at the lowest offset that no overlapping one takes.
bool place_temporaries(Plan& plan) {
  for (int32_t v = 0; v < plan.values; ++v) plan.value[v].first = -1;
  for (int32_t s = 0; s < plan.steps; ++s) {
    const Step& step = plan.step[s];
    if (!step.wanted) continue;
    for (int32_t i = 0; i < step.inputs + step.outputs; ++i) {
      Value& value = plan.value[plan.operand_value[step.operand + i]];
      if (value.first < 0) value.first = s;
      value.last = s;
    }
  }
  int32_t* order = static_cast<int32_t*>(calloc(static_cast<size_t>(plan.values) + 1, sizeof(int32_t)));
  if (!order) return false;
  int32_t count = 0;
  for (int32_t v = 0; v < plan.values; ++v) {
    if (plan.value[v].kind == kTemporary && plan.value[v].first >= 0) order[count++] = v;
  }
  // heap sort by size, larger first; ties by number, so that the plan depends on nothing else
  auto before = [&](int32_t a, int32_t b) {
    const size_t x = plan.value[a].bytes, y = plan.value[b].bytes;
    return x != y ? x > y : a < b;
  };
  auto sift = [&](int32_t root, int32_t size) {
    for (;;) {
      int32_t child = 2 * root + 1;
      if (child >= size) return;
      if (child + 1 < size && before(order[child], order[child + 1])) ++child;
      if (!before(order[root], order[child])) return;
      const int32_t swap = order[root];
      order[root] = order[child];
      order[child] = swap;
      root = child;
    }
  };
  for (int32_t i = count / 2 - 1; i >= 0; --i) sift(i, count);
  for (int32_t size = count - 1; size > 0; --size) {
    const int32_t swap = order[0];
    order[0] = order[size];
    order[size] = swap;
    sift(0, size);
  }
  // `placed` is kept sorted by offset
  int32_t* placed = static_cast<int32_t*>(calloc(static_cast<size_t>(count) + 1, sizeof(int32_t)));
  if (!placed) {
    free(order);
    return false;
  }
  for (int32_t n = 0; n < count; ++n) {
    Value& value = plan.value[order[n]];
    const size_t bytes = (value.bytes + kAlign - 1) / kAlign * kAlign;
    size_t offset = 0;
    for (int32_t p = 0; p < n; ++p) {
      const Value& other = plan.value[placed[p]];
      if (other.last < value.first || other.first > value.last) continue;
      if (other.offset >= offset + bytes) break;
      const size_t end = other.offset + (other.bytes + kAlign - 1) / kAlign * kAlign;
      if (end > offset) offset = end;
    }
    value.offset = offset;
    if (offset + bytes > plan.arena) plan.arena = offset + bytes;
    int32_t at = n;
    for (; at > 0 && plan.value[placed[at - 1]].offset > offset; --at) placed[at] = placed[at - 1];
    placed[at] = order[n];
  }
  free(placed);
  free(order);
  return true;
}

}  // namespace

bool lay_out(Plan& plan) {
  mark_wanted(plan);
  return place_temporaries(plan);
}

}  // namespace lemanic
