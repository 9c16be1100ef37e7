// From the words of a recorded program to tables.
#include <stdlib.h>
#include <string.h>

#include "plan.h"

namespace lemanic {
namespace {

// Never none, so that nullptr always means that memory is short.
template <class T>
T* zeroed(int64_t count) {
  return static_cast<T*>(calloc(static_cast<size_t>(count) + 1, sizeof(T)));
}

}  // namespace

bool read_plan(const Registry& registry, Plan& plan, const int32_t* at, const int32_t* end) {
  if (end - at < 4) return false;
  plan.values = at[0], plan.inputs = at[1], plan.outputs = at[2], plan.patches = at[3];
  at += 4;
  if (plan.values < 0 || plan.inputs < 0 || plan.outputs < 0 || plan.patches < 0 ||
      end - at < 2 * (static_cast<int64_t>(plan.values) + plan.patches)) {
    return false;
  }
  const int32_t* patches = at + 2 * plan.values;
  const int32_t* first = patches + 2 * plan.patches;
  int64_t operands = 0, attributes = 0;
  for (const int32_t* command = first; command < end; command += command[1]) {
    if (end - command < 5 || command[1] < 5 || command[1] > end - command || command[2] < 0 || command[3] < 0 ||
        command[4] < 0 || command[3] > kMaxOperands || command[4] > kMaxOperands || command[2] > command[1] - 5) {
      return false;
    }
    plan.steps += 1;
    attributes += command[2];
    operands += command[3] + command[4];
  }
  plan.value = zeroed<Value>(plan.values);
  plan.data = zeroed<void*>(plan.values);
  plan.step = zeroed<Step>(plan.steps);
  plan.operand = zeroed<Tensor>(operands);
  plan.operand_value = zeroed<int32_t>(operands);
  plan.attribute = zeroed<int32_t>(attributes);
  plan.patch = zeroed<int32_t>(plan.patches);
  plan.made = zeroed<int32_t>(plan.outputs);
  if (!plan.value || !plan.data || !plan.step || !plan.operand || !plan.operand_value || !plan.attribute ||
      !plan.patch || !plan.made) {
    return false;
  }
  for (int32_t v = 0; v < plan.values; ++v, at += 2) {
    Value& value = plan.value[v];
    value.kind = at[0];
    value.number = at[1];
    value.bytes = kUnknownBytes;  // until an operand tells
    const int32_t most = value.kind == kInput ? plan.inputs : value.kind == kOutput ? plan.outputs : INT32_MAX;
    if (value.kind < 0 || value.kind >= kValueKinds || value.number < 0 || value.number >= most) return false;
  }
  int32_t operand = 0, attribute = 0, s = 0;
  for (const int32_t* command = first; command < end; command += command[1], ++s) {
    Step& step = plan.step[s];
    step.code = command[0];
    if (step.code <= 0 || step.code >= registry.count()) return false;
    step.kernel = registry.kernel(step.code);
    step.attribute = attribute;
    step.attribute_words = command[2];
    step.inputs = command[3];
    step.outputs = command[4];
    step.operand = operand;
    memcpy(plan.attribute + attribute, command + 5, sizeof(int32_t) * static_cast<size_t>(step.attribute_words));
    attribute += step.attribute_words;
    const int32_t* word = command + 5 + step.attribute_words;
    for (int32_t i = 0; i < step.inputs + step.outputs; ++i, ++operand) {
      int32_t number;
      if (!parse_operand(word, command + command[1], plan.operand[operand], number)) return false;
      if (number < 0 || number >= plan.values) return false;
      Value& value = plan.value[number];
      const bool made_here = i >= step.inputs;
      if (made_here && (value.kind == kInput || value.kind == kConstant)) return false;
      const size_t bytes = bytes_of(plan.operand[operand]);
      if (value.bytes == kUnknownBytes) {
        // a value is made before it is used
        if (!made_here && (value.kind == kTemporary || value.kind == kOutput)) return false;
        value.bytes = bytes;
      } else if (value.bytes != bytes || made_here) {
        return false;
      }
      plan.operand_value[operand] = number;
    }
  }
  for (int32_t p = 0; p < plan.patches; ++p) {
    const int32_t command = patches[2 * p], word = patches[2 * p + 1];
    if (command < 0 || command >= plan.steps || word < 0 || word >= plan.step[command].attribute_words) return false;
    plan.patch[p] = plan.step[command].attribute + word;
  }
  return true;
}

void empty(Plan& plan) {
  free(plan.value);
  free(plan.data);
  free(plan.step);
  free(plan.operand);
  free(plan.operand_value);
  free(plan.attribute);
  free(plan.patch);
  free(plan.made);
  plan = Plan{};
}

}  // namespace lemanic
